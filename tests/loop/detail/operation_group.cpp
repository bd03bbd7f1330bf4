#include "catch.hpp"
#include "loop/manual_grouped_operation.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <array>
#include <memory>
#include <vector>

namespace tests::loop_operation_group {

namespace {

ringlet::task<> wait(manual_grouped_operation& for_it) {
    co_await for_it;
}

}  // namespace

TEST_CASE("a group holds the operations that have begun and not ended", "[loop]") {
    ringlet::loop owner;
    thing_operations group;
    CHECK(group.empty());
    CHECK(group.newest() == nullptr);
    manual_grouped_operation one(owner, &group);
    manual_grouped_operation other(owner, &group);
    CHECK(group.empty());
    one.begin();
    other.begin();
    CHECK(group.newest() == &other);
    other.end();
    CHECK(group.newest() == &one);
    other.end();  // which has ended before
    CHECK(group.newest() == &one);
    one.end();
    CHECK(group.empty());
    one.end();
    CHECK(group.empty());
}

TEST_CASE("the operations of a group end in any order", "[loop]") {
    const auto order =
        GENERATE(as<std::array<std::size_t, 3>>{}, std::array<std::size_t, 3>{0, 1, 2},
                 std::array<std::size_t, 3>{0, 2, 1}, std::array<std::size_t, 3>{1, 0, 2},
                 std::array<std::size_t, 3>{1, 2, 0}, std::array<std::size_t, 3>{2, 0, 1},
                 std::array<std::size_t, 3>{2, 1, 0});
    ringlet::loop owner;
    thing_operations group;
    std::vector<std::unique_ptr<manual_grouped_operation>> members;
    for (int i = 0; i < 3; ++i)
        members.push_back(std::make_unique<manual_grouped_operation>(owner, &group));
    for (int round = 0; round < 2; ++round) {  // what has ended may begin again
        for (auto& member : members)
            member->begin();
        for (const std::size_t next : order) {
            CHECK_FALSE(group.empty());
            members[next]->end();
        }
        CHECK(group.empty());
    }
}

TEST_CASE("cancelling a group cancels what is in it, and nothing else", "[loop]") {
    ringlet::loop owner;
    thing_operations group;
    thing_operations other_group;
    group.cancel();
    manual_grouped_operation first(owner, &group);
    manual_grouped_operation second(owner, &group);
    manual_grouped_operation outside(owner, &other_group);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group waiting;
        for (auto* const pending : {&first, &second, &outside})
            waiting.spawn(wait(*pending));
        group.cancel();
        CHECK(first.cancels() == 1);
        CHECK(second.cancels() == 1);
        CHECK(outside.cancels() == 0);
        outside.complete_with(0);
        co_await waiting.join();
    });
}

TEST_CASE("what begins in a cancelled group is cancelled until all in it has ended", "[loop]") {
    ringlet::loop owner;
    thing_operations group;
    manual_grouped_operation before(owner, &group);
    manual_grouped_operation meanwhile(owner, &group);
    manual_grouped_operation after(owner, &group);
    manual_grouped_operation beside(owner, &group);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group waiting;
        waiting.spawn(wait(before));
        group.cancel();
        waiting.spawn(wait(meanwhile));
        CHECK(meanwhile.cancels() == 1);
        co_await waiting.join();
        CHECK(group.empty());

        ringlet::detail::joinable_task_group later;
        later.spawn(wait(after));
        later.spawn(wait(beside));
        CHECK(after.cancels() == 0);
        CHECK(beside.cancels() == 0);
        after.complete_with(0);
        beside.complete_with(0);
        co_await later.join();
    });
}

TEST_CASE("an operation in no group is pending nowhere", "[loop]") {
    ringlet::loop owner;
    manual_grouped_operation one(owner, nullptr);
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group waiting;
        waiting.spawn(wait(one));
        one.complete_with(0);
        co_await waiting.join();
    });
    CHECK(one.cancels() == 0);
}

}  // namespace tests::loop_operation_group
