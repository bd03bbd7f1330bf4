#include "catch.hpp"
#include "gate.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/offload_operation.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <type_traits>

namespace tests::coro_offload_operation {

using ringlet::task;
using ringlet::detail::offload_operation;

namespace {

int one() {
    return 1;
}

}  // namespace

// An awaiter with a constructor survives GCC 12; an aggregate might not.
static_assert(!std::is_aggregate_v<offload_operation<int (&)()>>);
static_assert(!std::is_copy_constructible_v<offload_operation<int (&)()>>);

TEST_CASE("an offload does nothing before it is awaited", "[coro]") {
    ringlet::thread_pool pool;
    run_coroutine([&]() -> task<> {
        int calls = 0;
        const auto count = [&] { return ++calls; };
        {
            const auto never_awaited = ringlet::offload(pool, count);
            CHECK(pool.threads() == 0);
        }
        auto later = ringlet::offload(pool, count);
        CHECK(pool.threads() == 0);
        const int result = co_await later;
        CHECK(result == 1);
        CHECK(calls == 1);
    });
}

TEST_CASE("a function can be offloaded as well as a closure", "[coro]") {
    run_coroutine([]() -> task<> {
        const int by_reference = co_await ringlet::offload(one);
        CHECK(by_reference == 1);
        const int by_pointer = co_await ringlet::offload(&one);
        CHECK(by_pointer == 1);
    });
}

TEST_CASE("cancelling an offload that is over does nothing", "[coro]") {
    run_coroutine([]() -> task<> {
        auto awaited = ringlet::offload(one);
        const int result = co_await awaited;
        CHECK(result == 1);
        awaited.cancel();
        CHECK(awaited.result() == 0);
        co_await ringlet::sleep_for(std::chrono::milliseconds(0));
    });
}

}  // namespace tests::coro_offload_operation
