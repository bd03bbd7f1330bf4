#include "catch.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/net/stream_watch.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_stream_timeouts {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::stream_timeouts;
using ringlet::task;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<stream_timeouts>);

TEST_CASE("a timeout of a stream that makes no sense is refused by name", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner);
        const auto refusal = [&](const stream_timeouts& timeouts) {
            try {
                const ringlet::stream_watch refused(pair.one, timeouts);
            } catch (const std::invalid_argument& thrown) {
                return std::string(thrown.what());
            }
            return std::string("none");
        };
        const auto endless = std::chrono::milliseconds::max();
        CHECK(refusal({.idle = -1ms}) == "stream_timeouts: idle must be 0 to a year");
        CHECK(refusal({.read = endless}) == "stream_timeouts: read must be 0 to a year");
        CHECK(refusal({.write = -1h}) == "stream_timeouts: write must be 0 to a year");
        CHECK(refusal({.idle = 8760h, .read = 8760h, .write = 8760h}) == "none");
        CHECK(refusal({}) == "none");
        co_return;
    });
}

}  // namespace tests::net_stream_timeouts
