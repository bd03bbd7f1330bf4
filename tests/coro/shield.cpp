#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>

namespace tests::coro_shield {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::shield;
using ringlet::sleep_for;
using ringlet::task;

TEST_CASE("what is awaited under a shield is not cancelled, what comes after it is", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto start = owner.now();
        const cancel_scope limit(1s);
        std::error_code error;
        {
            const shield shield_guard(owner);
            co_await sleep_for(5s, error);  // its scope is cancelled meanwhile
            CHECK_FALSE(error);
            CHECK(limit.cancelled());
            co_await sleep_for(5s, error);  // and before this begins
            CHECK_FALSE(error);
        }
        CHECK(owner.now() - start == 10s);
        co_await sleep_for(5s, error);
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - start == 10s);
    });
}

TEST_CASE("a shield covers the tasks that are awaited under it", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        cancel_scope scope;
        scope.cancel();
        const shield shield_guard(owner);
        const auto sleeper = []() -> task<> { co_await sleep_for(1s); };
        co_await sleeper();
        ringlet::detail::joinable_task_group group;
        group.spawn(sleeper());
        co_await group.join();
    });
}

TEST_CASE("clean-up under a shield may have a deadline of its own", "[coro]") {
    const bool cancelled_before = GENERATE(true, false);  // or meanwhile
    run_virtually([&](loop& owner) -> task<> {
        cancel_scope scope;
        if (cancelled_before)
            scope.cancel();
        std::error_code error;
        {
            const shield shield_guard(owner);
            const cancel_scope limit(2s);
            owner.post([&] { scope.cancel(); });
            co_await sleep_for(1s, error);
            CHECK_FALSE(error);
            CHECK(scope.cancelled());
            CHECK_FALSE(limit.cancelled());
            const auto begun = owner.now();
            co_await sleep_for(1h, error);
            CHECK(error == std::errc::timed_out);
            CHECK(owner.now() - begun == 1s);
        }
        co_await sleep_for(1s, error);
        CHECK(error == std::errc::operation_canceled);
    });
}

TEST_CASE("a cancelled coroutine says goodbye, to a peer that takes it and to one that does not",
          "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        ringlet::channel<int> willing(1);
        ringlet::channel<int> stuck(1);
        CHECK(stuck.try_send(0));
        const auto converse = [&](ringlet::channel<int>& peer, std::error_code& end) -> task<> {
            std::error_code cancelled;
            co_await sleep_for(24h, cancelled);
            CHECK(cancelled == std::errc::operation_canceled);
            const shield shield_guard(owner);
            const cancel_scope limit(1s);
            co_await peer.send(1, end);
        };
        std::error_code told;
        std::error_code given_up;
        ringlet::detail::joinable_task_group group;
        group.spawn(converse(willing, told));
        group.spawn(converse(stuck, given_up));
        group.cancel();
        const auto begun = owner.now();
        co_await group.join();
        CHECK(owner.now() - begun == 1s);
        CHECK_FALSE(told);
        CHECK(willing.try_receive() == 1);
        CHECK(given_up == std::errc::timed_out);
    });
}

TEST_CASE("a shield protects its own coroutine only", "[coro]") {
    run_virtually([&](loop& owner) -> task<> {
        const auto shielded = []() -> task<> {
            const shield shield_guard;
            co_await sleep_for(1h);
        };
        std::error_code error;
        const auto sibling = [&]() -> task<> { co_await sleep_for(1h, error); };
        ringlet::detail::joinable_task_group group;
        group.spawn(shielded());
        group.spawn(sibling());
        group.cancel();
        const auto start = owner.now();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(owner.now() - start == 1h);
    });
}

TEST_CASE("a shield without arguments is for a coroutine, one of a named loop can precede it",
          "[coro]") {
    CHECK_THROWS_WITH(shield(), "shield: no loop runs in this thread");
    loop owner;
    CHECK_NOTHROW(shield(owner));
}

}  // namespace tests::coro_shield
