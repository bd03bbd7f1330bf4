// A coroutine that uses most of what there is to await is cancelled at its first, second, ... last
// suspension. Wherever that is, all that it held has been given back when it has ended.

#include "catch.hpp"
#include "counted.hpp"
#include "descriptors.hpp"
#include "run_coroutine.hpp"
#include "stream_pair.hpp"
#include "suspensions.hpp"

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/coro/when_any.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <string_view>
#include <utility>

namespace tests::coro_cancellation {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::task_group;
using ringlet::detail::joinable_task_group;

namespace {

/// What is cancelled: parts that send each other bytes through a socket, items through a channel,
/// and wait for each other in every way.
class sample {
public:
    sample(loop& owner, suspensions& counter)
        : at_(counter), sockets_(make_streams(owner, stream_transport::unix_socket)) {}

    task<> run() {
        const counted local;
        const auto parts = [this](task_group& group) -> task<> {
            group.spawn(produce());
            group.spawn(pass_on());
            group.spawn(read());
            co_await at_(done_.wait());
        };
        co_await task_group::run(std::ref(parts));
        co_await ringlet::when_all(wait_a_moment(), wait_a_moment());
        const auto first = co_await ringlet::when_any(wait_a_moment(), wait_for_nothing());
        CHECK(first.index == 0);
        CHECK(door_.try_lock().owns_lock());
        co_await bounded();
    }

private:
    static constexpr int items = 4;

    task<> produce() {
        const counted local;
        for (int i = 0; i < items; ++i)
            co_await at_(queue_.send(counted(i)));
        queue_.close();
    }

    task<> pass_on() {
        const counted local;
        while (const auto item = co_await at_(queue_.receive())) {
            const auto lock = co_await at_(door_.lock());
            co_await at_(ringlet::sleep_for(1us));
            co_await at_(sockets_.one.send_all(std::string_view("item")));
        }
    }

    task<> read() {
        const counted local;
        std::array<char, 4> buffer{};
        for (int i = 0; i < items; ++i) {
            co_await ringlet::with_timeout(
                1h, at_(sockets_.other.recv(ringlet::mutable_buffer(buffer))));
            const auto lock = co_await at_(door_.lock());
            co_await at_(ringlet::yield());
        }
        done_.set();
    }

    task<int> wait_a_moment() {
        const counted local;
        ringlet::interval every(1us);
        co_await permits_.acquire();
        try {
            co_await at_(every.tick());
        } catch (...) {
            permits_.release();
            throw;
        }
        permits_.release();
        co_return 1;
    }

    task<> wait_for_nothing() {
        const counted local;
        ringlet::event never;
        co_await at_(never.wait());
    }

    task<> bounded() {
        joinable_task_group group(1);
        std::exception_ptr failure;
        try {
            for (int i = 0; i < 3; ++i)
                co_await at_(group.spawn_when_free(nap(counted(i))));
        } catch (...) {
            failure = std::current_exception();
        }
        co_await at_(group.join());
        if (failure)
            std::rethrow_exception(failure);
    }

    task<> nap(counted) { co_await at_(ringlet::sleep_for(1us)); }

    suspensions& at_;
    stream_pair sockets_;
    ringlet::channel<counted> queue_{1};
    ringlet::mutex door_;
    ringlet::semaphore permits_{1};
    ringlet::event done_;
};

enum class ending { completed, cancelled };

/// Runs a sample that is cancelled at one of its suspensions, and counts them in `count`.
task<ending> run_sample(loop& owner, int cancel_at, moment when, int& count) {
    cancel_scope scope;
    suspensions counter(owner, cancel_at, when, [&scope] { scope.cancel(); });
    ending end = ending::completed;
    try {
        sample cancelled(owner, counter);
        co_await cancelled.run();
    } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK(error.code() == std::errc::operation_canceled);
        end = ending::cancelled;
    }
    {
        const ringlet::shield shield_guard(owner);
        co_await ringlet::yield();  // what was posted has run
    }
    count = counter.count();
    co_return end;
}

void cancel_everywhere(moment when) {
    loop owner;
    run_coroutine(owner, [&]() -> task<> {
        auto* const around = &owner.core().scope();
        counted::begin();
        const std::size_t descriptors = open_descriptors();
        int points = 0;
        for (int warm_up = 0; warm_up < 2; ++warm_up) {
            const ending end = co_await run_sample(owner, 0, when, points);
            REQUIRE(end == ending::completed);
        }
        REQUIRE(points > 30);
        const std::size_t frames = owner.core().frames().cached_bytes();
        const auto time_limit_ends = owner.core().timers().next_deadline();
        ending end = ending::cancelled;
        int cancelled = 0;
        int reached = 0;
        for (int k = 1; reached >= k - 1; ++k) {  // as long as the one before was cancelled
            end = co_await run_sample(owner, k, when, reached);
            cancelled += end == ending::cancelled ? 1 : 0;
            INFO("cancelled at suspension " << k);
            CHECK(owner.core().timers().next_deadline() == time_limit_ends);
            CHECK(open_descriptors() == descriptors);
            CHECK(counted::alive() == 0);
            CHECK(counted::strays() == 0);
            CHECK(&owner.core().scope() == around);
            CHECK(owner.core().frames().cached_bytes() >= frames);
        }
        CHECK(end == ending::completed);
        CHECK(cancelled > points / 2);
    });
    CHECK(owner.core().timers().empty());
}

}  // namespace

TEST_CASE("a coroutine cancelled in any of its suspensions gives everything back", "[coro]") {
    cancel_everywhere(moment::suspending);
}

TEST_CASE("a coroutine cancelled a turn after any of its suspensions gives everything back",
          "[coro]") {
    cancel_everywhere(moment::a_turn_later);
}

}  // namespace tests::coro_cancellation
