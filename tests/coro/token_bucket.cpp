#include "cancellable.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tests::coro_token_bucket {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::token_bucket;
using ringlet::detail::joinable_task_group;

namespace {

/// How many tokens there are to be taken at once.
int drain(token_bucket& bucket) {
    int taken = 0;
    while (bucket.try_take())
        ++taken;
    return taken;
}

}  // namespace

TEST_CASE("a burst goes at once, and the rest at the rate", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        token_bucket bucket({.per_second = 10, .burst = 3});
        std::vector<std::chrono::milliseconds> taken;
        for (int i = 0; i < 6; ++i) {
            co_await bucket.take();
            taken.push_back(std::chrono::round<std::chrono::milliseconds>(owner.now() - start));
        }
        CHECK(taken == std::vector<std::chrono::milliseconds>{0ms, 0ms, 0ms, 100ms, 200ms, 300ms});
    });
}

TEST_CASE("a quiet time fills the bucket, and never beyond its burst", "[coro]") {
    run_virtually([](loop&) -> task<> {
        token_bucket bucket({.per_second = 10, .burst = 3});
        CHECK(drain(bucket) == 3);
        co_await ringlet::sleep_for(99ms);
        CHECK(drain(bucket) == 0);
        co_await ringlet::sleep_for(1ms);
        CHECK(drain(bucket) == 1);
        co_await ringlet::sleep_for(250ms);
        CHECK(drain(bucket) == 2);
        co_await ringlet::sleep_for(50ms);  // the half that was left counts
        CHECK(drain(bucket) == 1);
        co_await ringlet::sleep_for(1h);
        CHECK(drain(bucket) == 3);
    });
}

TEST_CASE("without a burst of its own a bucket holds what a second brings, at least one",
          "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        token_bucket fast({.per_second = 1000});
        CHECK(drain(fast) == 1000);
        token_bucket slow({.per_second = 0.5});
        CHECK(drain(slow) == 1);
        const auto start = owner.now();
        co_await slow.take();
        CHECK(owner.now() - start == 2s);
    });
}

TEST_CASE("in the long run there are as many as the rate says, however late who waits goes on",
          "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        token_bucket bucket({.per_second = 100, .burst = 5});
        int taken = 0;
        for (; owner.now() - start < 10s; ++taken) {
            co_await bucket.take();
            co_await ringlet::sleep_for(taken % 7 == 0 ? 35ms : 0ms);
        }
        CHECK(taken >= 1000);
        CHECK(taken <= 1006);
    });
}

TEST_CASE("a bucket without a limit gives at once, and lets others go on", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        token_bucket bucket({});
        const auto start = owner.now();
        bool turned = false;
        owner.post([&] { turned = true; });
        for (int i = 0; i < 10; ++i)
            co_await bucket.take();
        CHECK_FALSE(turned);
        const auto again = [&]() -> task<> { co_await bucket.take(); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
        CHECK(owner.now() == start);
        CHECK(owner.core().timers().empty());
    });
}

TEST_CASE("tokens go to who came first, and nobody goes ahead of those who wait", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        token_bucket bucket({.per_second = 1, .burst = 1});
        CHECK(bucket.try_take());
        std::vector<int> order;
        const auto waiter = [&](int number) -> task<> {
            co_await bucket.take();
            order.push_back(number);
            CHECK(owner.now() - start == number * 1s);
        };
        joinable_task_group group;
        for (int i = 1; i <= 3; ++i)
            group.spawn(waiter(i));
        co_await ringlet::sleep_for(2500ms);
        CHECK_FALSE(bucket.try_take());
        group.spawn(waiter(4));
        co_await group.join();
        CHECK(order == std::vector{1, 2, 3, 4});
    });
}

TEST_CASE("a take that is cancelled takes no token", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        token_bucket bucket({.per_second = 1, .burst = 2});
        CHECK(drain(bucket) == 2);
        std::error_code first;
        std::error_code second;
        const auto waiter = [&](std::error_code& error) -> task<> { co_await bucket.take(error); };
        cancel_scope* scope = nullptr;
        {
            joinable_task_group group;
            group.spawn(cancellable(scope, waiter(first)));
            group.spawn(waiter(second));
            co_await ringlet::sleep_for(500ms);
            scope->cancel();
            co_await group.join();
        }
        CHECK(first == std::errc::operation_canceled);
        CHECK_FALSE(second);
        CHECK(owner.now() - start == 1s);
        {
            joinable_task_group group;  // nobody is left waiting, and then someone is
            group.spawn(cancellable(scope, waiter(first)));
            scope->cancel();
            co_await group.join();
        }
        co_await bucket.take();
        CHECK(owner.now() - start == 2s);
        {
            cancel_scope cancelled;
            cancelled.cancel();
            co_await bucket.take(first);
            CHECK(first == std::errc::operation_canceled);
        }
        co_await ringlet::sleep_for(2s);
        CHECK(drain(bucket) == 2);
    });
}

TEST_CASE("a take that was given a token and is cancelled in the same turn keeps it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        token_bucket bucket({.per_second = 1, .burst = 1});
        CHECK(bucket.try_take());
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto waiter = [&]() -> task<> { co_await bucket.take(error); };
        cancel_scope* scope = nullptr;
        const auto cancel_in_a_second = [&]() -> task<> {
            co_await ringlet::sleep_for(1s);
            scope->cancel();
        };
        joinable_task_group group;
        group.spawn(cancel_in_a_second());  // goes on first, when both are ready
        group.spawn(cancellable(scope, waiter()));
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(owner.now() - start == 1s);
        CHECK_FALSE(bucket.try_take());
    });
}

TEST_CASE("a cancelled take throws under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        token_bucket bucket({.per_second = 1, .burst = 1});
        CHECK(bucket.try_take());
        std::string text;
        try {
            co_await ringlet::with_timeout(10ms, bucket.take());
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::timed_out);
            text = error.what();
        }
        CHECK(text.starts_with("token_bucket::take"));
    });
}

TEST_CASE("a bucket is made in a loop only", "[coro]") {
    CHECK_THROWS_AS(token_bucket({.per_second = 1}), std::logic_error);
}

TEST_CASE("a bucket that is destroyed leaves no timer, and nobody may wait for it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        std::optional<token_bucket> bucket(std::in_place, ringlet::rate_limit{.per_second = 1e-3});
        CHECK(bucket->try_take());
        std::error_code error;
        co_await ringlet::with_timeout(1s, bucket->take(error));
        CHECK(error == std::errc::timed_out);
        bucket.reset();
        CHECK(owner.core().timers().empty());
    });
    const child_end end = run_in_child([] {
        run_virtually([](loop&) -> task<> {
            std::optional<token_bucket> bucket(std::in_place, ringlet::rate_limit{1, 1});
            const auto waiter = [&]() -> task<> { co_await bucket->take(); };
            joinable_task_group group;
            group.spawn(waiter());
            group.spawn(waiter());
            bucket.reset();
            co_return;
        });
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("something was destroyed while a coroutine waited for it"));
}

}  // namespace tests::coro_token_bucket
