#include "catch.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

namespace tests::coro_basic_channel {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::basic_channel;
using ringlet::detail::joinable_task_group;
using ringlet::detail::many_loops;
using ringlet::detail::one_loop;

TEMPLATE_TEST_CASE("a channel gives the items in the order they were sent", "[coro]", one_loop,
                   many_loops) {
    run_virtually([](loop& owner) -> task<> {
        basic_channel<int, TestType> items(3);
        CHECK(items.capacity() == 3);
        bool turned = false;
        owner.post([&] { turned = true; });
        for (int i = 0; i < 3; ++i)
            co_await items.send(int(i));
        CHECK(items.size() == 3);
        for (int i = 0; i < 3; ++i) {
            const std::optional<int> item = co_await items.receive();
            CHECK(item == i);
        }
        CHECK(items.size() == 0);
        CHECK_FALSE(turned);  // neither had to wait
    });
}

TEMPLATE_TEST_CASE("a sender waits while the channel is full", "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(2);
        int sent = 0;
        const auto sender = [&]() -> task<> {
            for (; sent < 10; ++sent)
                co_await items.send(int(sent));
        };
        joinable_task_group group;
        group.spawn(sender());
        CHECK(sent == 2);
        for (int i = 0; i < 10; ++i) {
            const std::optional<int> item = co_await items.receive();
            CHECK(item == i);
            for (int turns = 0; turns < 3; ++turns)
                co_await ringlet::yield();
            CHECK(sent == std::min(i + 3, 10));
            CHECK(items.size() <= 2);
        }
        co_await group.join();
    });
}

TEMPLATE_TEST_CASE("a receiver waits while the channel is empty, first come, first served",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(1);
        std::vector<int> received(3, -1);
        const auto receiver = [&](int& item) -> task<> {
            const std::optional<int> received_now = co_await items.receive();
            item = received_now.value_or(-2);
        };
        joinable_task_group group;
        for (int& item : received)
            group.spawn(receiver(item));
        for (int i = 0; i < 3; ++i)
            CHECK(items.try_send(int(i)));  // each goes to a receiver: the room stays free
        CHECK(items.size() == 0);
        CHECK(received == std::vector{-1, -1, -1});  // they go on in a later turn
        co_await group.join();
        CHECK(received == std::vector{0, 1, 2});
    });
}

TEMPLATE_TEST_CASE("senders that wait are served in the order they came, and ahead of others",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(1);
        const auto sender = [&](int item) -> task<> { co_await items.send(int(item)); };
        joinable_task_group group;
        for (int i = 0; i < 4; ++i)
            group.spawn(sender(i));
        int late = 4;
        CHECK_FALSE(items.try_send(int{late}));
        CHECK(items.try_receive() == 0);
        CHECK_FALSE(items.try_send(int{late}));  // the room belongs to who waits
        for (int i = 1; i < 4; ++i)
            CHECK(items.try_receive() == i);
        CHECK_FALSE(items.try_receive().has_value());
        co_await group.join();
    });
}

TEMPLATE_TEST_CASE("many senders and receivers of what can only be moved lose and double nothing",
                   "[coro]", one_loop, many_loops) {
    constexpr int each = 200;
    constexpr int senders = 7;
    run_virtually([](loop&) -> task<> {
        basic_channel<std::unique_ptr<int>, TestType> items(3);
        std::vector<int> received;
        const auto sender = [&](int first) -> task<> {
            for (int i = first; i < first + each; ++i) {
                co_await items.send(std::make_unique<int>(i));
                if (i % 3 == 0)
                    co_await ringlet::yield();
            }
        };
        const auto receiver = [&](int number) -> task<> {
            while (const auto item = co_await items.receive()) {
                received.push_back(**item);
                if (**item % number == 0)
                    co_await ringlet::yield();
            }
        };
        joinable_task_group receivers;
        for (int number = 1; number <= 5; ++number)
            receivers.spawn(receiver(number));
        joinable_task_group group;
        for (int i = 0; i < senders; ++i)
            group.spawn(sender(i * each));
        co_await group.join();
        items.close();
        co_await receivers.join();
        std::sort(received.begin(), received.end());
        std::vector<int> all(each * senders);
        std::iota(all.begin(), all.end(), 0);
        CHECK(received == all);
    });
}

TEMPLATE_TEST_CASE("an item with a name is sent as a copy, and what is moved in is not copied",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<std::shared_ptr<const int>, TestType> items(1);
        const auto item = std::make_shared<const int>(7);
        auto changing = std::make_shared<const int>(8);
        co_await items.send(item);
        CHECK_FALSE(items.try_send(item));
        const auto sender = [&]() -> task<> {
            const auto pending = [&] { return items.send(changing); };
            co_await pending();  // while the channel is full
        };
        joinable_task_group group;
        group.spawn(sender());
        changing = std::make_shared<const int>(9);  // what waits is what was sent
        for (const int expected : {7, 8}) {
            const auto received = co_await items.receive();
            CHECK(**received == expected);
        }
        co_await group.join();
        CHECK(item.use_count() == 1);
        CHECK(items.try_send(item));
        CHECK(item.use_count() == 2);
        CHECK(items.try_receive() == item);
        CHECK(items.try_send(std::move(changing)));
        CHECK(changing == nullptr);
    });
}

TEMPLATE_TEST_CASE("what is in a closed channel is received, then nothing", "[coro]", one_loop,
                   many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(2);
        co_await items.send(1);
        co_await items.send(2);
        CHECK_FALSE(items.closed());
        items.close();
        items.close();
        CHECK(items.closed());
        std::error_code error;
        for (const std::optional<int>& expected : {std::optional(1), std::optional(2), {}, {}}) {
            const std::optional<int> item = co_await items.receive(error);
            CHECK(item == expected);
            CHECK_FALSE(error);
        }
        CHECK_FALSE(items.try_receive().has_value());
    });
}

TEMPLATE_TEST_CASE("a closed channel takes nothing, and the item stays with the sender", "[coro]",
                   one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<std::unique_ptr<int>, TestType> items(1);
        items.close();
        auto item = std::make_unique<int>(1);
        std::error_code error;
        co_await items.send(std::move(item), error);
        CHECK(error == std::errc::broken_pipe);
        CHECK(item != nullptr);
        CHECK_FALSE(items.try_send(std::move(item)));
        CHECK(item != nullptr);
        std::string text;
        try {
            co_await items.send(std::move(item));
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::broken_pipe);
            text = thrown.what();
        }
        CHECK(text.find(TestType::send) == 0);
        CHECK(item != nullptr);
    });
}

TEMPLATE_TEST_CASE("close ends those who wait to send with broken_pipe, unsent", "[coro]", one_loop,
                   many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<std::unique_ptr<int>, TestType> items(1);
        std::vector<std::error_code> errors(3);
        const auto sender = [&](std::error_code& error) -> task<> {
            auto item = std::make_unique<int>(1);
            co_await items.send(std::move(item), error);
            CHECK((item == nullptr) == !error);
        };
        joinable_task_group group;
        for (std::error_code& error : errors)
            group.spawn(sender(error));
        items.close();
        co_await group.join();
        CHECK_FALSE(errors[0]);
        CHECK(errors[1] == std::errc::broken_pipe);
        CHECK(errors[2] == std::errc::broken_pipe);
        const auto first = co_await items.receive();
        CHECK(first.has_value());
        const auto second = co_await items.receive();
        CHECK_FALSE(second.has_value());
    });
}

TEMPLATE_TEST_CASE("close ends those who wait to receive with nothing, unless an item was theirs",
                   "[coro]", one_loop, many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(1);
        std::vector<std::optional<int>> received(3, -1);
        const auto receiver = [&](std::optional<int>& item) -> task<> {
            item = co_await items.receive();
        };
        joinable_task_group group;
        for (std::optional<int>& item : received)
            group.spawn(receiver(item));
        CHECK(items.try_send(7));
        items.close();
        co_await group.join();
        CHECK(received[0] == 7);
        CHECK_FALSE(received[1].has_value());
        CHECK_FALSE(received[2].has_value());
    });
}

TEMPLATE_TEST_CASE("a channel that never makes anyone wait lets others go on", "[coro]", one_loop,
                   many_loops) {
    run_virtually([](loop&) -> task<> {
        basic_channel<int, TestType> items(1);
        const auto again = [&]() -> task<> {
            co_await items.send(1);
            const std::optional<int> item = co_await items.receive();
            CHECK(item == 1);
        };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
        items.close();
        const auto ended = [&]() -> task<> {
            const std::optional<int> item = co_await items.receive();
            CHECK_FALSE(item.has_value());
        };
        const bool gone_on_closed = co_await others_go_on(ended);
        CHECK(gone_on_closed);
    });
}

TEMPLATE_TEST_CASE("a channel has room for an item or more, and is awaited in a loop", "[coro]",
                   one_loop, many_loops) {
    CHECK_THROWS_AS((basic_channel<int, TestType>(0)), std::invalid_argument);
    basic_channel<int, TestType> items(1);
    CHECK_THROWS_AS(items.send(1), std::logic_error);
    CHECK_THROWS_AS(items.receive(), std::logic_error);
    CHECK(items.try_send(1));
    CHECK(items.try_receive() == 1);
}

TEMPLATE_TEST_CASE("a channel destroyed while someone waits at it ends the program with a sentence",
                   "[coro]", one_loop, many_loops) {
    for (const bool sending : {false, true}) {
        const child_end end = run_in_child([&] {
            ringlet::block_on([](bool to_send) -> task<> {
                std::optional<basic_channel<int, TestType>> items(std::in_place, 1U);
                const auto sender = [&]() -> task<> {
                    co_await items->send(1);
                    co_await items->send(2);
                };
                const auto receiver = [&]() -> task<> { co_await items->receive(); };
                joinable_task_group group;
                group.spawn(to_send ? sender() : receiver());
                items.reset();
                co_return;
            }(sending));
            return 0;
        });
        INFO(end.text);
        CHECK(end.killed_by(SIGABRT));
        CHECK(end.says("something was destroyed while a coroutine waited for it"));
    }
}

}  // namespace tests::coro_basic_channel
