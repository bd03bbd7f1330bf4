#include "catch.hpp"
#include "descriptors.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/net/listener.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_listener_options {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::listener;
using ringlet::listener_options;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<listener_options>);

TEST_CASE("listener options that make no sense are refused by name, and leave nothing open",
          "[net]") {
    listener_options backlog;
    backlog.backlog = GENERATE(0, -1);
    listener_options first;
    first.overload_pause_first = GENERATE(0ms, -1ms);
    listener_options longest;
    longest.overload_pause_max = longest.overload_pause_first - 1ms;
    ringlet::loop owner;
    const std::size_t before = open_descriptors();
    const auto refused = [&](const listener_options& options, const std::string& name) {
        const auto made = [&](auto&& source) -> std::string {
            try {
                const listener nonsense(owner, source(), options);
            } catch (const std::invalid_argument& error) {
                return error.what();
            }
            return "nothing was thrown";
        };
        const auto bound = made([] { return address("127.0.0.1", 0); });
        const auto adopted = made([&] { return listener::open(owner.net(), {"127.0.0.1", 0}); });
        INFO(bound << "; " << adopted);
        CHECK(bound.find("listener_options: " + name) == 0);
        CHECK(adopted.find("listener_options: " + name) == 0);
    };
    refused(backlog, "backlog");
    refused(first, "overload_pause_first");
    refused(longest, "overload_pause_first");
    CHECK(open_descriptors() == before);
}

}  // namespace tests::net_listener_options
