#include "cancellable.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/event.hpp>

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_event {

using ringlet::cancel_scope;
using ringlet::event;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

TEST_CASE("a wait for an event that is set does not suspend", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        event flag;
        CHECK_FALSE(flag.is_set());
        flag.set();
        CHECK(flag.is_set());
        bool turned = false;
        owner.post([&] { turned = true; });
        co_await flag.wait();
        co_await flag.wait();  // it stays set
        CHECK_FALSE(turned);
    });
}

TEST_CASE("set lets everyone through in the order they came, in a later turn", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        std::vector<int> order;
        const auto waiter = [&](int number) -> task<> {
            co_await flag.wait();
            order.push_back(number);
        };
        joinable_task_group group;
        for (int i = 0; i < 4; ++i)
            group.spawn(waiter(i));
        flag.set();
        CHECK(order.empty());
        co_await group.join();
        CHECK(order == std::vector{0, 1, 2, 3});
    });
}

TEST_CASE("a reset event holds those who come later, not those it let through", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        int through = 0;
        const auto waiter = [&]() -> task<> {
            co_await flag.wait();
            ++through;
        };
        joinable_task_group group;
        group.spawn(waiter());
        flag.set();
        flag.reset();
        CHECK_FALSE(flag.is_set());
        group.spawn(waiter());
        for (int turns = 0; turns < 3; ++turns)
            co_await ringlet::yield();
        CHECK(through == 1);
        CHECK(group.running() == 1);
        flag.set();
        co_await group.join();
        CHECK(through == 2);
    });
}

TEST_CASE("a wait for an event can be cancelled before it begins and while it waits", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        std::error_code error;
        const auto waiter = [&]() -> task<> { co_await flag.wait(error); };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, waiter()));
        scope->cancel();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        flag.set();
        {
            cancel_scope cancelled;
            cancelled.cancel();
            error.clear();
            co_await flag.wait(error);
            CHECK(error == std::errc::operation_canceled);
        }
        co_await flag.wait(error);
        CHECK_FALSE(error);
    });
}

TEST_CASE("a wait that ended and is cancelled in the same turn has succeeded", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto waiter = [&]() -> task<> { co_await flag.wait(error); };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, waiter()));
        flag.set();
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
    });
}

TEST_CASE("a cancelled wait for an event throws under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        cancel_scope scope;
        scope.cancel();
        std::string text;
        try {
            co_await flag.wait();
        } catch (const std::system_error& error) {
            text = error.what();
        }
        CHECK(text.find("event::wait") == 0);
    });
}

TEST_CASE("waits for an event that is set let others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        event flag;
        flag.set();
        const auto again = [&]() -> task<> { co_await flag.wait(); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

TEST_CASE("an event can be made and set without a loop, not awaited", "[coro]") {
    event flag;
    flag.set();
    CHECK_THROWS_AS(flag.wait(), std::logic_error);
}

TEST_CASE("an event destroyed while someone waits for it ends the program with a sentence",
          "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<event> flag(std::in_place);
            const auto waiter = [&]() -> task<> { co_await flag->wait(); };
            joinable_task_group group;
            group.spawn(waiter());
            flag.reset();
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("something was destroyed while a coroutine waited for it"));
}

}  // namespace tests::coro_event
