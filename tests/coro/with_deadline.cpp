#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>

namespace tests::coro_with_deadline {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;
using ringlet::with_deadline;

TEST_CASE("several awaits share what is left until one deadline", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto end = start + 5s;
        std::error_code error;
        co_await with_deadline(end, sleep_for(3s, error));
        CHECK_FALSE(error);
        co_await with_deadline(end, sleep_for(3s, error));
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 5s);
        co_await sleep_for(3s, error);
        CHECK_FALSE(error);
    });
}

TEST_CASE("a deadline that has passed lets nothing begin that has to wait", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        co_await sleep_for(2s);
        const auto start = owner.now();
        std::error_code error;
        co_await with_deadline(start - 1s, sleep_for(3s, error));
        CHECK(error == std::errc::timed_out);
        const auto ready = []() -> task<int> { co_return 5; };
        const int result = co_await with_deadline(start - 1s, ready());
        CHECK(result == 5);
        CHECK(owner.now() == start);
    });
}

TEST_CASE("a deadline at the end of time is none", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto waiting = [&]() -> task<> {
            CHECK(owner.core().timers().empty());
            co_await sleep_for(24h);
        };
        co_await with_deadline(loop::clock::time_point::max(), waiting());
    });
}

}  // namespace tests::coro_with_deadline
