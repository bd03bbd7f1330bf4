#include "catch.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <array>
#include <cstdint>
#include <future>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

namespace tests::coro_concurrent_channel {

using ringlet::concurrent_channel;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::joinable_task_group;

// What channels of either kind do in one loop is in basic_channel.cpp.

namespace {

struct item {
    std::size_t producer;
    std::int64_t number;
};

/// What a consumer got of each producer: how many, their sum, and whether in order.
struct account {
    explicit account(std::size_t producers) : last(producers, -1) {}

    void add(const item& received) {
        in_order = in_order && received.number > last[received.producer];
        last[received.producer] = received.number;
        ++count;
        sum += received.number;
    }

    std::vector<std::int64_t> last;
    std::int64_t count = 0;
    std::int64_t sum = 0;
    bool in_order = true;
};

/// Runs the coroutine that `body()` makes in a thread and a loop of its own.
template <class Body>
auto run_elsewhere(Body body) {
    return std::async(std::launch::async, [body] { return run_coroutine(body); });
}

std::future<void> produce(concurrent_channel<item>& to, std::size_t producer, std::int64_t count) {
    return run_elsewhere([&to, producer, count]() -> task<> {
        for (std::int64_t number = 0; number < count; ++number)
            co_await to.send(item{producer, number});
    });
}

std::future<account> consume(concurrent_channel<item>& from, std::size_t producers) {
    return run_elsewhere([&from, producers]() -> task<account> {
        account received(producers);
        while (const auto next = co_await from.receive())
            received.add(*next);
        co_return received;
    });
}

}  // namespace

TEST_CASE("a million items cross from one loop to another, in order", "[coro]") {
    constexpr std::int64_t count = 1'000'000;
    concurrent_channel<item> items(1'000);
    auto consumer = consume(items, 1);
    auto producer = produce(items, 0, count);
    get_in_time(producer);
    items.close();
    const account received = get_in_time(consumer);
    CHECK(received.count == count);
    CHECK(received.sum == count * (count - 1) / 2);
    CHECK(received.in_order);
}

TEST_CASE("several loops send and receive: nothing is lost, doubled or out of order", "[coro]") {
    constexpr std::size_t producers = 3;
    constexpr std::size_t consumers = 3;
    constexpr std::int64_t each = 20'000;
    const std::size_t capacity = GENERATE(1U, 64U);
    concurrent_channel<item> items(capacity);
    std::vector<std::future<account>> consuming;
    for (std::size_t i = 0; i < consumers; ++i)
        consuming.push_back(consume(items, producers));
    std::vector<std::future<void>> producing;
    for (std::size_t i = 0; i < producers; ++i)
        producing.push_back(produce(items, i, each));
    for (auto& one : producing)
        get_in_time(one);
    items.close();
    std::int64_t count = 0;
    std::int64_t sum = 0;
    for (auto& one : consuming) {
        const account received = get_in_time(one);
        count += received.count;
        sum += received.sum;
        CHECK(received.in_order);
    }
    CHECK(count == each * static_cast<std::int64_t>(producers));
    CHECK(sum == each * (each - 1) / 2 * static_cast<std::int64_t>(producers));
}

TEST_CASE("threads without a loop use what does not wait", "[coro]") {
    constexpr int count = 5'000;
    concurrent_channel<std::unique_ptr<int>> there(8);
    concurrent_channel<std::unique_ptr<int>> back(8);
    auto thread = std::async(std::launch::async, [&] {
        int received = 0;
        for (int sent = 0; received < count;) {
            auto next = std::make_unique<int>(sent);
            if (sent < count && there.try_send(std::move(next)))
                ++sent;
            else
                std::this_thread::yield();
            while (const auto returned = back.try_receive())
                received += **returned == received ? 1 : count;
        }
        there.close();
        return received;
    });
    run_coroutine([&]() -> task<> {
        while (auto next = co_await there.receive())
            co_await back.send(*std::move(next));
    });
    CHECK(get_in_time(thread) == count);
}

TEST_CASE("a close in another thread wakes everyone who waits, in every loop", "[coro]") {
    concurrent_channel<item> empty(1);
    concurrent_channel<item> full(1);
    CHECK(full.try_send({0, 0}));
    std::array<std::future<bool>, 2> receivers;
    std::array<std::future<std::error_code>, 2> senders;
    for (auto& receiver : receivers)
        receiver = run_elsewhere([&]() -> task<bool> {
            const auto received = co_await empty.receive();
            co_return received.has_value();
        });
    for (auto& sender : senders)
        sender = run_elsewhere([&]() -> task<std::error_code> {
            std::error_code error;
            co_await full.send(item{0, 1}, error);
            co_return error;
        });
    in_time([&] {
        empty.close();
        full.close();
    });
    for (auto& receiver : receivers)
        CHECK_FALSE(get_in_time(receiver));
    for (auto& sender : senders)
        CHECK(get_in_time(sender) == std::errc::broken_pipe);
    CHECK(empty.closed());
    CHECK(full.size() == 1);
}

TEST_CASE("a loop may end as soon as its coroutine has what it waited for", "[coro]") {
    constexpr int rounds = 500;
    concurrent_channel<int> items(1);
    auto producer = run_elsewhere([&]() -> task<> {
        for (int round = 0; round < rounds; ++round)
            co_await items.send(int(round));
    });
    const auto receive_one = [&]() -> task<std::optional<int>> {
        co_return co_await items.receive();
    };
    for (int round = 0; round < rounds; ++round) {
        loop owner;
        REQUIRE(ringlet::block_on(owner, receive_one()) == round);
    }
    get_in_time(producer);
}

TEST_CASE("those who wait in several loops are served in the order they came", "[coro]") {
    concurrent_channel<int> items(1);
    const auto wait = [&](int& received) -> task<> {
        const auto item = co_await items.receive();
        received = item.value_or(-1);
    };
    // The loops are this thread's, and do not run while it does something else: the second one's
    // receiver is certain to have come first.
    std::array<int, 2> received{};
    std::array<loop, 2> loops;
    std::array<joinable_task_group, 2> groups{joinable_task_group(loops[0]),
                                              joinable_task_group(loops[1])};
    for (const std::size_t i : {1U, 0U}) {
        bool waits = false;
        loops.at(i).core().run_until(waits, [&] {
            groups.at(i).spawn(wait(received.at(i)));
            waits = true;
        });
    }
    CHECK(items.try_send(7));
    CHECK(items.try_send(8));
    const auto join = [](joinable_task_group& group) -> task<> { co_await group.join(); };
    for (const std::size_t i : {0U, 1U})
        ringlet::block_on(loops.at(i), join(groups.at(i)));
    CHECK(received == std::array{8, 7});
}

TEST_CASE("the errors of a concurrent channel name its calls", "[coro]") {
    concurrent_channel<int> items(1);
    CHECK_THROWS_WITH(items.send(1), "concurrent_channel::send: no loop runs in this thread");
    CHECK_THROWS_WITH(items.receive(), "concurrent_channel::receive: no loop runs in this thread");
}

}  // namespace tests::coro_concurrent_channel
