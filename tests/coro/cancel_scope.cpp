#include "catch.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>

namespace tests::coro_cancel_scope {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::sleep_for;
using ringlet::task;

namespace {

/// What a sleep of a day comes to.
task<std::error_code> sleep_long() {
    std::error_code error;
    co_await sleep_for(24h, error);
    co_return error;
}

}  // namespace

TEST_CASE("a deadline ends what is awaited with timed_out, at that time", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        {
            const cancel_scope limit(5s);
            CHECK_FALSE(limit.cancelled());
            CHECK_FALSE(limit.reason());
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::timed_out);
            CHECK(limit.cancelled());
            CHECK(limit.reason() == std::errc::timed_out);
        }
        CHECK(owner.now() - start == 5s);
        const cancel_scope until(start + 7s);
        const std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 7s);
    });
}

TEST_CASE("a scope that ended in time cancels nothing any more", "[coro]") {
    run_virtually([](loop&) -> task<> {
        {
            const cancel_scope limit(5s);
            co_await sleep_for(1s);
        }
        co_await sleep_for(10s);
    });
}

TEST_CASE("a scope without a deadline lasts", "[coro]") {
    run_virtually([](loop&) -> task<> {
        const cancel_scope scope;
        const cancel_scope forever(loop::clock::time_point::max());
        co_await sleep_for(24h);
        CHECK_FALSE(scope.cancelled());
        CHECK_FALSE(forever.cancelled());
    });
}

TEST_CASE("a deadline that has passed cancels what is begun after it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        {
            const cancel_scope late(start - 1s);
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::timed_out);
        }
        {
            const cancel_scope impatient(0s);
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::timed_out);
        }
        CHECK(owner.now() == start);
    });
}

TEST_CASE("a scope cancelled by hand ends what is awaited with operation_canceled", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        cancel_scope scope;
        owner.post([&] { scope.cancel(); });
        const std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::operation_canceled);
        CHECK(scope.reason() == std::errc::operation_canceled);
        CHECK(owner.now() == start);
    });
}

TEST_CASE("under a cancelled scope an await fails at once and begins nothing", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        {
            cancel_scope scope;
            scope.cancel();
            bool turned = false;
            owner.post([&] { turned = true; });
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::operation_canceled);
            CHECK_FALSE(turned);
        }
        co_await sleep_for(1s);  // after the scope all is well again
    });
}

TEST_CASE("an inner deadline ends the inner scope only", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const cancel_scope outer(10s);
        {
            const cancel_scope inner(1s);
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::timed_out);
            CHECK_FALSE(outer.cancelled());
        }
        co_await sleep_for(1s);
        CHECK(owner.now() - start == 2s);
        const std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 10s);
    });
}

TEST_CASE("an outer scope cancels those inside it, for its own reason", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const cancel_scope outer(1s);
        cancel_scope inner(10s);
        std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 1s);
        CHECK(inner.reason() == std::errc::timed_out);
        inner.cancel();  // too late to be the reason
        CHECK(inner.reason() == std::errc::timed_out);
        const cancel_scope innermost;  // made when it is too late
        CHECK(innermost.reason() == std::errc::timed_out);
        error = co_await sleep_long();
        CHECK(error == std::errc::timed_out);
    });
}

TEST_CASE("a scope that was cancelled by hand keeps its reason when a deadline passes", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const cancel_scope outer(1s);
        cancel_scope inner;
        inner.cancel();
        {
            const ringlet::shield shield_guard(owner);
            co_await sleep_for(2s);
        }
        CHECK(outer.reason() == std::errc::timed_out);
        CHECK(inner.reason() == std::errc::operation_canceled);
    });
}

TEST_CASE("an operation that has succeeded keeps its result when it is cancelled", "[coro]") {
    run_virtually([](loop&) -> task<> {
        // Both wake in the same turn; the first cancels the second before that can go on.
        cancel_scope* second_scope = nullptr;
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto first = [&]() -> task<> {
            co_await sleep_for(1s);
            second_scope->cancel();
        };
        const auto second = [&]() -> task<> {
            cancel_scope scope;
            second_scope = &scope;
            co_await sleep_for(1s, error);
            CHECK(scope.cancelled());
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(first());
        group.spawn(second());
        co_await group.join();
        CHECK_FALSE(error);
    });
}

TEST_CASE("a scope cancels its own coroutine and what that awaits, not its siblings", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        const auto impatient = [&]() -> task<> {
            const cancel_scope limit(1s);
            const auto deeper = []() -> task<std::error_code> { co_return co_await sleep_long(); };
            const std::error_code error = co_await deeper();
            CHECK(error == std::errc::timed_out);
            CHECK(owner.now() - start == 1s);
        };
        const auto patient = [&]() -> task<> {
            for (int i = 0; i < 5; ++i)
                co_await sleep_for(1s);
            CHECK(owner.now() - start == 5s);
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(impatient());
        group.spawn(patient());
        co_await group.join();
    });
}

TEST_CASE("a scope cancels the tasks of a group that was made inside it", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::error_code first;
        std::error_code second;
        const auto child = [](std::error_code& error) -> task<> { error = co_await sleep_long(); };
        const cancel_scope limit(3s);
        ringlet::detail::joinable_task_group group;
        group.spawn(child(first));
        group.spawn(child(second));
        co_await group.join();
        CHECK(owner.now() - start == 3s);
        CHECK(first == std::errc::timed_out);
        CHECK(second == std::errc::timed_out);
    });
}

TEST_CASE("a scope refuses durations that are none, and a thread without a loop", "[coro]") {
    CHECK_THROWS_AS(cancel_scope(), std::logic_error);
    CHECK_THROWS_AS(cancel_scope(1s), std::logic_error);
    run_virtually([](loop&) -> task<> {
        const auto not_a_number =
            std::chrono::duration<double>(std::numeric_limits<double>::quiet_NaN());
        CHECK_THROWS_AS(cancel_scope(-1s), std::invalid_argument);
        CHECK_THROWS_AS(cancel_scope(not_a_number), std::invalid_argument);
        CHECK_THROWS_AS(cancel_scope(std::chrono::hours::max()), std::invalid_argument);
        co_await sleep_for(1s);  // none of them was left in the loop
    });
}

TEST_CASE("a stop that was requested before cancels what is begun", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::stop_source source;
        source.request_stop();
        {
            const cancel_scope scope(source.get_token());
            CHECK(scope.reason() == std::errc::operation_canceled);
            const std::error_code error = co_await sleep_long();
            CHECK(error == std::errc::operation_canceled);
        }
        co_await sleep_for(1s);
    });
}

TEST_CASE("a stop requested in the loop's thread cancels in a later turn", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        std::stop_source source;
        const cancel_scope scope(source.get_token());
        source.request_stop();
        CHECK_FALSE(scope.cancelled());  // nothing is cancelled inside the request
        const std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::operation_canceled);
        CHECK(owner.now() == start);
    });
}

TEST_CASE("a stop requested in another thread ends what is awaited", "[coro]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        std::stop_source source;
        const cancel_scope scope(source.get_token());
        const std::jthread other([&] { source.request_stop(); });
        const std::error_code error = co_await sleep_long();
        CHECK(error == std::errc::operation_canceled);
        CHECK(scope.cancelled());
    });
}

TEST_CASE("a stop that nobody can request cancels nothing", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::stop_token orphan;
        {
            const std::stop_source source;
            orphan = source.get_token();
        }
        const cancel_scope never{std::stop_token()};
        const cancel_scope no_more(orphan);
        const std::error_code error = co_await sleep_long();
        CHECK_FALSE(error);
    });
}

TEST_CASE("a stop requested for a scope that is gone reaches no other", "[coro]") {
    run_virtually([](loop&) -> task<> {
        std::stop_source source;
        std::optional<cancel_scope> scope(source.get_token());
        source.request_stop();  // on its way when the scope ends
        scope.reset();
        scope.emplace();  // in the same place
        for (int turns = 0; turns < 3; ++turns)
            co_await ringlet::yield();
        CHECK_FALSE(scope->cancelled());
        std::stop_source later;
        { const cancel_scope ended(later.get_token()); }
        later.request_stop();
        co_await ringlet::yield();
    });
}

TEST_CASE("a stop may be requested while the scope ends", "[coro]") {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        for (int i = 0; i < 300; ++i) {
            std::stop_source source;
            std::atomic<bool> go = false;
            std::jthread other([&] {
                while (!go)
                    std::this_thread::yield();
                source.request_stop();
            });
            {
                const cancel_scope scope(source.get_token());
                go = true;
                std::error_code error;
                for (int turns = i % 4; turns > 0; --turns)
                    co_await sleep_for(0s, error);
                CHECK((!error || error == std::errc::operation_canceled));
            }
            other.join();
            co_await ringlet::yield();  // not cancelled
        }
    });
}

TEST_CASE("scopes that end in another order than they must end the program with a sentence",
          "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<cancel_scope> outer(std::in_place);
            const cancel_scope inner;
            outer.reset();
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a cancel_scope was not ended by the coroutine that made it"));
}

TEST_CASE("a scope that outlives its coroutine ends the program with a sentence", "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<cancel_scope> kept;
            const auto child = [&]() -> task<> {
                kept.emplace();
                co_await ringlet::yield();
            };
            ringlet::detail::joinable_task_group group;
            group.spawn(child());
            co_await group.join();
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a cancel_scope was not ended by the coroutine that made it"));
}

}  // namespace tests::coro_cancel_scope
