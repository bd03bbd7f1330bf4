#include "catch.hpp"
#include "loop/early_end.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <string>
#include <system_error>
#include <utility>

namespace tests::loop_pending_operations {

using namespace std::chrono_literals;

namespace {

ringlet::task<> wait(manual_grouped_operation& for_it) {
    co_await for_it;
}

/// Adds `name` to `order` once nothing is pending, or its sign where the wait was cancelled.
ringlet::task<> settle(ringlet::loop& owner, thing_operations& pending, char name,
                       std::string& order) {
    try {
        co_await pending.settled(owner.core());
        order += name;
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::operation_canceled);
        order += '-';
        order += name;
    }
}

}  // namespace

TEST_CASE("where nothing is pending, waiting for the end of all takes no turn", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        const auto turns = owner.statistics().turns;
        co_await pending.settled(owner.core());
        CHECK(owner.statistics().turns == turns);
    });
}

TEST_CASE("where nothing is pending, waiting again and again lets others go on", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    bool other_went_on = false;
    const auto other = [&]() -> ringlet::task<> {
        co_await ringlet::yield();
        other_went_on = true;
    };
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(other());
        for (int i = 0; i < 10'000; ++i)
            co_await pending.settled(owner.core());
        CHECK(other_went_on);
        co_await group.join();
    });
}

TEST_CASE("coroutines wait for the end of all that is pending, however often one ends", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    manual_grouped_operation other(owner, &pending);
    manual_grouped_operation late(owner, &pending);
    std::string order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(wait(one));
        group.spawn(wait(other));
        group.spawn(settle(owner, pending, 'a', order));
        CHECK(pending.newest() == &other);
        group.spawn(settle(owner, pending, 'b', order));
        group.spawn(settle(owner, pending, 'c', order));
        one.complete_with(0);
        co_await ringlet::yield();
        CHECK(pending.newest() == &other);
        group.spawn(wait(late));
        CHECK(pending.newest() == &late);
        other.complete_with(0);
        co_await ringlet::yield();
        CHECK_FALSE(pending.empty());
        CHECK(order.empty());
        late.complete_with(0);
        co_await group.join();
        CHECK(order == "abc");
        CHECK(pending.empty());
    });
}

TEST_CASE("an operation may begin between the end of all and the waiter's going on", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    manual_grouped_operation next(owner, &pending);
    std::string order;
    const auto one_then_next = [&]() -> ringlet::task<> {
        co_await wait(one);
        co_await wait(next);
    };
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(one_then_next());
        group.spawn(settle(owner, pending, 'a', order));
        one.complete_with(0);
        while (order.empty())
            co_await ringlet::yield();
        CHECK(pending.newest() == &next);
        next.complete_with(0);
        co_await group.join();
    });
}

TEST_CASE("a wait for the end of all that is cancelled leaves the others waiting", "[loop]") {
    const char cancelled = GENERATE('a', 'b', 'c');
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    std::string order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        ringlet::detail::joinable_task_group leaving;
        group.spawn(wait(one));
        for (const char name : {'a', 'b', 'c'})
            (name == cancelled ? leaving : group).spawn(settle(owner, pending, name, order));
        leaving.cancel();
        co_await leaving.join();
        CHECK(order == std::string{'-', cancelled});
        CHECK(pending.newest() == &one);
        CHECK(one.cancels() == 0);
        one.complete_with(0);
        co_await group.join();
        CHECK(pending.empty());
    });
    std::string expected = "abc";
    std::erase(expected, cancelled);
    CHECK(order.substr(2) == expected);
}

TEST_CASE("the only wait for the end of all may be cancelled, and begin anew", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    std::string order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(wait(one));
        {
            ringlet::detail::joinable_task_group leaving;
            leaving.spawn(settle(owner, pending, 'a', order));
            leaving.cancel();
            co_await leaving.join();
        }
        group.spawn(settle(owner, pending, 'b', order));
        one.complete_with(0);
        co_await group.join();
    });
    CHECK(order == "-ab");
}

TEST_CASE("a wait for the end of all fails at once in a cancelled scope", "[loop]") {
    const bool something_is_pending = GENERATE(false, true);
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    std::string order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        if (something_is_pending)
            one.begin();
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await settle(owner, pending, 'a', order);
        }
        CHECK(order == "-a");
        one.end();
        co_await settle(owner, pending, 'b', order);
        CHECK(order == "-ab");
    });
}

TEST_CASE("waiting for the end of all keeps no loop turning", "[loop]") {
    ringlet::loop owner;
    thing_operations pending;
    manual_grouped_operation one(owner, &pending);
    std::string order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(wait(one));
        group.spawn(settle(owner, pending, 'a', order));
        co_await ringlet::yield();
        const auto turns = owner.statistics().turns;
        co_await ringlet::sleep_for(20ms);
        CHECK(owner.statistics().turns - turns < 5);
        one.complete_with(0);
        co_await group.join();
    });
}

TEST_CASE("an object with nothing pending may move", "[loop]") {
    thing_operations first;
    thing_operations second(std::move(first));
    thing_operations third;
    third = std::move(second);
    CHECK(third.empty());
}

TEST_CASE("moving, overwriting or destroying an object with something pending ends the program",
          "[loop]") {
    const auto kind = GENERATE(early_end::moved, early_end::overwritten, early_end::destroyed);
    const child_end child = run_early_end<thing_operations>(kind);
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == early_end::destroyed ? "a thing was destroyed too early"
                                                  : "a thing was moved too early"));
}

}  // namespace tests::loop_pending_operations
