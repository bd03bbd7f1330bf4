// Senders and receivers of a concurrent channel are cancelled while other threads serve them: every
// item stays with its sender, or arrives once.

#include "catch.hpp"
#include "in_time.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <future>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace tests::coro_concurrent_channel_cancellation {

using ringlet::concurrent_channel;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

using item_type = std::unique_ptr<int>;

constexpr int count_max = 5'000;

using std::chrono::steady_clock;

/// Awaits what `attempt()` makes, time after time, until `done`. Nearly every time it is cancelled,
/// sooner or later.
template <class Attempt>
task<> storm(Attempt& attempt, const bool& done) {
    constexpr int patient = 20;
    int turns = 0;
    const auto limit = steady_clock::now() + time_limit;
    while (!done) {
        if (steady_clock::now() > limit)
            throw std::runtime_error("a storm does not end");
        const auto once = [&](task_group& group) -> task<> {
            group.spawn(attempt());
            for (int turn = 0; turn < turns && turns < patient && group.running() > 1; ++turn)
                co_await ringlet::yield();
            if (turns < patient)
                group.cancel();
        };
        co_await task_group::run(std::ref(once));
        turns = (turns + 1) % (patient + 1);
    }
}

/// Sends numbers from 0 on, and says how many. On a busy machine the two loops rarely run at the
/// same time, and an item takes a scheduler's round; so it sends as many as there is time for.
task<int> send_in_a_storm(concurrent_channel<item_type>& items, int& cancelled) {
    const auto enough = steady_clock::now() + time_limit / 12;
    int number = 0;
    for (; number < count_max && steady_clock::now() < enough; ++number) {
        auto item = std::make_unique<int>(number);
        bool sent = false;
        const auto attempt = [&]() -> task<> {
            std::error_code error;
            co_await items.send(std::move(item), error);
            if ((item == nullptr) == static_cast<bool>(error))
                throw std::logic_error("an item is neither sent nor kept, or both");
            sent = !error;
            cancelled += error ? 1 : 0;
        };
        co_await storm(attempt, sent);
    }
    co_return number;
}

/// Receives until the channel is closed.
task<> receive_in_a_storm(concurrent_channel<item_type>& items, std::vector<int>& received,
                          int& cancelled) {
    bool ended = false;
    const auto attempt = [&]() -> task<> {
        std::error_code error;
        const auto item = co_await items.receive(error);
        if (item)
            received.push_back(**item);
        cancelled += error ? 1 : 0;
        ended = !item && !error;
    };
    co_await storm(attempt, ended);
}

std::vector<int> numbers_up_to(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

}  // namespace

TEST_CASE("a storm of cancellations on both sides of a concurrent channel loses and doubles "
          "nothing",
          "[coro]") {
    concurrent_channel<item_type> items(1);
    int sends_cancelled = 0;
    int receives_cancelled = 0;
    auto sender = std::async(std::launch::async, [&] {
        const int count = run_coroutine(
            [&]() -> task<int> { co_return co_await send_in_a_storm(items, sends_cancelled); });
        items.close();
        return count;
    });
    std::vector<int> received;
    run_coroutine(
        [&]() -> task<> { co_await receive_in_a_storm(items, received, receives_cancelled); });
    CHECK(received == numbers_up_to(get_in_time(sender)));
    CAPTURE(sends_cancelled, receives_cancelled);
    CHECK(sends_cancelled + receives_cancelled > 0);
}

TEST_CASE("a receive that is cancelled after another thread's send has the item", "[coro]") {
    run_coroutine([]() -> task<> {
        concurrent_channel<item_type> items(1);
        std::vector<int> received;
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto receiver = [&]() -> task<> {
            const auto item = co_await items.receive(error);
            received.push_back(item ? **item : -1);
        };
        joinable_task_group group;
        group.spawn(receiver());
        in_time([&] { static_cast<void>(items.try_send(std::make_unique<int>(5))); });
        group.cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(received == std::vector{5});
        CHECK(items.size() == 0);
    });
}

TEST_CASE("a send that is cancelled after another thread took the item has succeeded", "[coro]") {
    run_coroutine([]() -> task<> {
        concurrent_channel<item_type> items(1);
        CHECK(items.try_send(std::make_unique<int>(1)));
        std::error_code error = std::make_error_code(std::errc::io_error);
        auto item = std::make_unique<int>(2);
        const auto sender = [&]() -> task<> { co_await items.send(std::move(item), error); };
        joinable_task_group group;
        group.spawn(sender());
        in_time([&] { static_cast<void>(items.try_receive()); });
        group.cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(item == nullptr);
        CHECK(**items.try_receive() == 2);
    });
}

}  // namespace tests::coro_concurrent_channel_cancellation
