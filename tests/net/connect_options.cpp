#include "catch.hpp"
#include "run_coroutine.hpp"

#include <ringlet/net/connect.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_connect_options {

using namespace std::chrono_literals;

// It is made in co_await expressions: see net/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<ringlet::connect_options>);

TEST_CASE("a timeout that makes no sense is refused before anything is tried", "[net]") {
    run_coroutine([]() -> ringlet::task<> {
        std::string said;
        try {
            const auto none = co_await ringlet::connect("localhost", 80, {.timeout = -1ms});
        } catch (const std::invalid_argument& error) {
            said = error.what();
        }
        CHECK(said.find("connect_options::timeout") == 0);
    });
}

}  // namespace tests::net_connect_options
