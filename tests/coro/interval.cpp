#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <limits>
#include <stdexcept>

namespace tests::coro_interval {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::interval;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;

TEST_CASE("an interval ticks at equal distances, whatever happens in between", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        interval every(1s);
        for (int i = 1; i <= 1000; ++i) {
            co_await every.tick();
            REQUIRE(owner.now() - start == i * 1s);
            co_await sleep_for((i * 7 % 10) * 100ms);
        }
    });
}

TEST_CASE("the first tick of an interval is a period after its making", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        interval every(10s);
        co_await sleep_for(4s);
        co_await every.tick();
        CHECK(owner.now() - start == 10s);
    });
}

TEST_CASE("ticks that were missed are left out", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        interval every(1s);
        co_await sleep_for(3500ms);
        co_await every.tick();
        CHECK(owner.now() - start == 4s);
        co_await every.tick();
        CHECK(owner.now() - start == 5s);
        co_await sleep_for(2s);  // right upon a tick: that one was missed, too
        co_await every.tick();
        CHECK(owner.now() - start == 8s);
    });
}

TEST_CASE("a tick whose wait is cancelled is still to come", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        interval every(1s);
        std::error_code error;
        {
            const cancel_scope limit(500ms);
            co_await every.tick(error);
            CHECK(error == std::errc::timed_out);
        }
        CHECK(owner.now() - start == 500ms);
        co_await every.tick(error);
        CHECK_FALSE(error);
        CHECK(owner.now() - start == 1s);
    });
}

TEST_CASE("an interval refuses periods that are none, and a thread without a loop", "[coro]") {
    CHECK_THROWS_AS(interval(1s), std::logic_error);
    run_virtually([](loop& owner) -> task<> {
        const auto not_a_number =
            std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN());
        CHECK_THROWS_AS(interval(0s), std::invalid_argument);
        CHECK_THROWS_AS(interval(-1s), std::invalid_argument);
        CHECK_THROWS_AS(interval(not_a_number), std::invalid_argument);
        CHECK_THROWS_AS(interval(std::chrono::hours::max()), std::invalid_argument);
        const auto start = owner.now();
        interval tiny(std::chrono::duration<double, std::nano>(0.25));  // rounded up
        co_await tiny.tick();
        CHECK(owner.now() - start == 1ns);
    });
}

}  // namespace tests::coro_interval
