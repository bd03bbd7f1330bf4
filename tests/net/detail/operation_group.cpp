#include "catch.hpp"
#include "forked_child.hpp"
#include "loop/manual_operation.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/detail/operation_group.hpp>

#include <optional>
#include <system_error>
#include <utility>

namespace tests::net_operation_group {

using ringlet::detail::operation_group;

TEST_CASE("a group holds the operations that have entered and not left it", "[net]") {
    operation_group group;
    CHECK(group.empty());
    ringlet::loop owner;
    manual_operation one(owner);
    manual_operation other(owner);
    {
        operation_group::place first(&group, one);
        operation_group::place second(&group, other);
        CHECK(group.empty());
        first.enter();
        second.enter();
        first.leave();
        CHECK_FALSE(group.empty());
    }
    CHECK(group.empty());
}

TEST_CASE("cancelling a group cancels what is in it, and nothing else", "[net]") {
    ringlet::loop owner;
    operation_group group;
    manual_operation inside(owner);
    manual_operation outside(owner);
    operation_group::place first(&group, inside);
    const operation_group::place second(&group, outside);
    const auto wait = [](manual_operation& for_it) -> ringlet::task<> {
        try {
            co_await for_it;
        } catch (const std::system_error&) {
        }
    };
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::task_group waiting;
        waiting.spawn(wait(inside));
        waiting.spawn(wait(outside));
        first.enter();
        group.cancel();
        CHECK(inside.cancels() == 1);
        CHECK(outside.cancels() == 0);
        outside.end(0);
        co_await waiting.join();
    });
}

TEST_CASE("a place in no group is none", "[net]") {
    ringlet::loop owner;
    manual_operation one(owner);
    operation_group::place nowhere(nullptr, one);
    nowhere.enter();
    CHECK_FALSE(nowhere.linked());
    nowhere.leave();
}

TEST_CASE("a group with nothing in it may move", "[net]") {
    operation_group first;
    operation_group second(std::move(first));
    operation_group third;
    third = std::move(second);
    CHECK(third.empty());
}

TEST_CASE("moving, overwriting or destroying a group with something in it ends the program",
          "[net]") {
    enum class end { moved, overwritten, destroyed };
    const auto kind = GENERATE(end::moved, end::overwritten, end::destroyed);
    const child_end child = run_in_child([=] {
        ringlet::loop owner;
        manual_operation pending(owner);
        std::optional<operation_group> group(std::in_place);
        operation_group::place place(&*group, pending);
        place.enter();
        operation_group other;
        if (kind == end::moved)
            other = std::move(*group);
        else if (kind == end::overwritten)
            *group = std::move(other);
        else
            group.reset();
        return 0;
    });
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says(kind == end::destroyed
                         ? "a socket was destroyed while an operation on it was pending"
                         : "a socket was moved while an operation on it was pending"));
}

}  // namespace tests::net_operation_group
