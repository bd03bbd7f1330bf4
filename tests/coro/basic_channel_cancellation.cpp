// Cancelling a sender or a receiver of a channel never loses an item: it is with the sender, in the
// channel, or with a receiver.

#include "cancellable.hpp"
#include "catch.hpp"
#include "counted.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tests::coro_basic_channel_cancellation {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::basic_channel;
using ringlet::detail::joinable_task_group;
using ringlet::detail::many_loops;
using ringlet::detail::one_loop;

namespace {

using item_type = std::unique_ptr<int>;

}  // namespace

TEMPLATE_TEST_CASE("a send that is cancelled while it waits leaves the item with the sender",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<item_type, TestType> items(1);
        std::error_code error;
        item_type item = std::make_unique<int>(2);
        const auto cancelled = [&]() -> task<> { co_await items.send(std::move(item), error); };
        const auto next = [&]() -> task<> { co_await items.send(std::make_unique<int>(3)); };
        CHECK(items.try_send(std::make_unique<int>(1)));
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, cancelled()));
        group.spawn(next());
        scope->cancel();
        std::vector<int> received;
        while (const auto got = items.try_receive())
            received.push_back(**got);
        CHECK(received == std::vector{1, 3});
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        REQUIRE(item != nullptr);
        CHECK(*item == 2);
    });
}

TEMPLATE_TEST_CASE("a send of a copy that is cancelled while it waits sends nothing, and what was "
                   "copied stays",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<std::shared_ptr<int>, TestType> items(1);
        std::error_code error;
        const auto item = std::make_shared<int>(2);
        const auto cancelled = [&]() -> task<> { co_await items.send(item, error); };
        CHECK(items.try_send(std::make_shared<int>(1)));
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, cancelled()));
        CHECK(item.use_count() == 2);
        scope->cancel();
        CHECK(**items.try_receive() == 1);
        CHECK_FALSE(items.try_receive().has_value());
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(*item == 2);
        CHECK(item.use_count() == 1);
    });
}

TEMPLATE_TEST_CASE("a send under a cancelled scope sends nothing, though there is room", "[coro]",
                   one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<item_type, TestType> items(1);
        cancel_scope scope;
        scope.cancel();
        item_type item = std::make_unique<int>(1);
        std::error_code error;
        co_await items.send(std::move(item), error);
        CHECK(error == std::errc::operation_canceled);
        CHECK(item != nullptr);
        CHECK(items.size() == 0);
        std::string text;
        try {
            co_await items.receive();
        } catch (const std::system_error& thrown) {
            text = thrown.what();
        }
        CHECK(text.find(TestType::receive) == 0);
    });
}

TEMPLATE_TEST_CASE("a send that was taken and is cancelled in the same turn has succeeded",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<item_type, TestType> items(1);
        std::error_code error = std::make_error_code(std::errc::io_error);
        item_type item = std::make_unique<int>(2);
        const auto sender = [&]() -> task<> { co_await items.send(std::move(item), error); };
        CHECK(items.try_send(std::make_unique<int>(1)));
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, sender()));
        CHECK(items.try_receive().has_value());
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(item == nullptr);
        CHECK(**items.try_receive() == 2);
    });
}

TEMPLATE_TEST_CASE("a receive that is cancelled while it waits takes nothing", "[coro]", one_loop,
                   many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<item_type, TestType> items(1);
        std::error_code error;
        const auto cancelled = [&]() -> task<> {
            const auto item = co_await items.receive(error);
            CHECK_FALSE(item.has_value());
        };
        int received = 0;
        const auto next = [&]() -> task<> {
            const auto item = co_await items.receive();
            received = item ? **item : -1;
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, cancelled()));
        group.spawn(next());
        scope->cancel();
        CHECK(items.try_send(std::make_unique<int>(5)));
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(received == 5);
        CHECK(items.try_send(std::make_unique<int>(6)));
        cancel_scope before;
        before.cancel();
        const auto none = co_await items.receive(error);
        CHECK_FALSE(none.has_value());
        CHECK(error == std::errc::operation_canceled);
        CHECK(items.size() == 1);
    });
}

TEMPLATE_TEST_CASE("a receive that was given an item and is cancelled in the same turn keeps it",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<item_type, TestType> items(1);
        std::error_code error = std::make_error_code(std::errc::io_error);
        int received = 0;
        const auto receiver = [&]() -> task<> {
            const auto item = co_await items.receive(error);
            received = item ? **item : -1;
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, receiver()));
        CHECK(items.try_send(std::make_unique<int>(5)));
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(received == 5);
    });
}

TEMPLATE_TEST_CASE(
    "items in a channel, and on their way to cancelled coroutines, are destroyed once", "[coro]",
    one_loop, many_loops) {
    counted::begin();
    run_virtually([](loop&) -> task<> {
        basic_channel<counted, TestType> items(1);
        const auto sender = [&]() -> task<> {
            for (int i = 0; i < 3; ++i)
                co_await items.send(counted(i));
        };
        const auto receiver = [&]() -> task<> {
            const std::optional<counted> item = co_await items.receive();
            CHECK(item->number() == 0);
            co_await ringlet::yield();
        };
        joinable_task_group group;
        group.spawn(receiver());
        group.spawn(sender());
        group.cancel();
        co_await group.join();
        CHECK(items.size() == 1);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

}  // namespace tests::coro_basic_channel_cancellation
