#include "cancellable.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "in_time.hpp"
#include "milestone.hpp"
#include "others_go_on.hpp"
#include "run_without_leak.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/signal_set.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::coro_signal_set {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::signal_set;
using ringlet::task;
using ringlet::detail::joinable_task_group;

static_assert(!std::is_aggregate_v<signal_set::wait_operation>);

namespace {

std::atomic<int> handled{0};

void count_handled(int) {
    ++handled;
}

/// What a signal does when this object begins, it does again at its end.
class kept_disposition {
public:
    explicit kept_disposition(int number) : number_(number) {
        ::sigaction(number, nullptr, &before_);
    }
    kept_disposition(const kept_disposition&) = delete;
    kept_disposition& operator=(const kept_disposition&) = delete;
    ~kept_disposition() { ::sigaction(number_, &before_, nullptr); }

private:
    int number_;
    struct sigaction before_ {};
};

void send_to_this_thread(int number) {
    std::raise(number);
}

void send_to_any_thread(int number) {
    ::kill(::getpid(), number);
}

task<> store_signal(signal_set& from, int& number, std::error_code& error) {
    number = co_await from.wait(error);
}

}  // namespace

TEST_CASE("a signal that comes while a coroutine waits for it resumes that", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1, SIGUSR2);
        for (const int sent : {SIGUSR1, SIGUSR2, SIGUSR1}) {
            int number = 0;
            std::error_code error = std::make_error_code(std::errc::io_error);
            joinable_task_group group;
            group.spawn(store_signal(signals, number, error));
            ::kill(::getpid(), sent);
            co_await group.join();
            CHECK(number == sent);
            CHECK_FALSE(error);
        }
    });
}

TEST_CASE("signals that come while nobody waits are remembered, one of each number", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals{SIGUSR1, SIGUSR2, SIGRTMAX};
        for (const int sent : {SIGRTMAX, SIGUSR2, SIGUSR1, SIGUSR2})
            std::raise(sent);
        std::vector<int> numbers;
        for (int i = 0; i < 3; ++i)
            numbers.push_back(co_await signals.wait());
        CHECK(numbers == std::vector{SIGUSR1, SIGUSR2, SIGRTMAX});
        std::error_code error;
        const int none = co_await ringlet::with_timeout(1ms, signals.wait(error));
        CHECK(none == 0);
        CHECK(error == std::errc::timed_out);
        std::raise(SIGUSR1);
        const int next = co_await signals.wait(error);
        CHECK(next == SIGUSR1);
        CHECK_FALSE(error);
    });
}

TEST_CASE("a signal that came with another is found by the next wait", "[coro]") {
    // No await may complete without suspending, which would find it in another way.
    loop owner({.inline_completions_max = 0});
    run_coroutine(owner, [&]() -> task<> {
        signal_set signals(SIGUSR1, SIGUSR2);
        int number = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(store_signal(signals, number, error));
        std::raise(SIGUSR2);
        std::raise(SIGUSR1);
        co_await group.join();
        CHECK(number == SIGUSR1);
        number = co_await signals.wait();
        CHECK(number == SIGUSR2);
    });
}

TEST_CASE("signals of ten thousand from other threads are never waited for in vain", "[coro]") {
    static constexpr int count = 10'000;
    const auto send = GENERATE(&send_to_this_thread, &send_to_any_thread);
    if (send == &send_to_any_thread && under_thread_sanitizer)
        SKIP("the thread sanitizer puts off what the loop's thread gets as it falls asleep");
    run_without_leak([=](loop&) -> task<> {
        signal_set signals(SIGUSR1, SIGUSR2);
        milestone answered("a signal has resumed the coroutine");
        std::string failure;
        const std::jthread sender([&] {
            try {
                for (int i = 0; i < count; ++i) {
                    send(SIGUSR1);
                    answered.await();
                }
            } catch (const std::exception& error) {
                failure = error.what();
            }
            send(SIGUSR2);
        });
        int received = 0;
        for (; co_await signals.wait() == SIGUSR1; ++received)
            answered.reach();
        CHECK(received == count);
        CHECK(failure.empty());
    });
}

TEST_CASE("a storm of signals is survived, and the last one heard of", "[coro]") {
    static constexpr int count = 10'000;
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1, SIGUSR2);
        std::atomic<int> storming{3};
        std::vector<std::jthread> threads;
        for (int i = 0; i < 3; ++i)
            threads.emplace_back([&] {
                for (int sent = 0; sent < count; ++sent)
                    std::raise(SIGUSR1);
                if (--storming == 0)
                    std::raise(SIGUSR2);
            });
        int received = 0;
        while (co_await signals.wait() == SIGUSR1)
            ++received;
        CHECK(received >= 1);
        CHECK(received <= 3 * count);
        threads.clear();
    });
}

TEST_CASE("cancelling a wait never loses a signal", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1);
        int number = 0;
        std::error_code error;
        {
            cancel_scope cancelled;
            cancelled.cancel();
            std::raise(SIGUSR1);
            number = co_await signals.wait(error);
            CHECK(error == std::errc::operation_canceled);
            CHECK(number == 0);
        }
        number = co_await signals.wait();
        CHECK(number == SIGUSR1);
        for (int round = 0; round < 1'000; ++round) {
            cancel_scope* scope = nullptr;
            joinable_task_group group;
            group.spawn(cancellable(scope, store_signal(signals, number, error)));
            if (round % 3 == 0)
                scope->cancel();
            std::raise(SIGUSR1);
            if (round % 3 == 1)
                scope->cancel();
            co_await group.join();
            if (error)
                number = co_await signals.wait();
            CHECK(number == SIGUSR1);
        }
    });
}

TEST_CASE("several sets share a signal, in several loops", "[coro]") {
    signal_set here(SIGUSR1);
    milestone ready("the other thread has its set");
    auto elsewhere = std::async(std::launch::async, [&] {
        return run_coroutine([&]() -> task<int> {
            signal_set both(SIGUSR1, SIGUSR2);
            ready.reach();
            co_return co_await both.wait();
        });
    });
    ready.await();
    std::raise(SIGUSR1);
    CHECK(get_in_time(elsewhere) == SIGUSR1);
    const int number = run_coroutine([&]() -> task<int> { co_return co_await here.wait(); });
    CHECK(number == SIGUSR1);
}

TEST_CASE("what a signal did before, it does again after the last set", "[coro]") {
    const kept_disposition kept(SIGUSR1);
    std::signal(SIGUSR1, &count_handled);
    handled = 0;
    {
        const signal_set one(SIGUSR1);
        {
            const signal_set two(SIGUSR1, SIGUSR2);
            std::raise(SIGUSR1);
        }
        std::raise(SIGUSR1);
        CHECK(handled == 0);
    }
    std::raise(SIGUSR1);
    CHECK(handled == 1);
}

TEST_CASE("a signal that ended the program does so again after the set", "[coro]") {
    const child_end end = run_in_child([] {
        std::signal(SIGTERM, SIG_DFL);
        {
            const signal_set set(SIGTERM);
            std::raise(SIGTERM);
        }
        std::raise(SIGTERM);
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGTERM));
}

TEST_CASE("a forked child has none of its parent's sets, and may make its own", "[coro]") {
    std::optional<signal_set> parents(std::in_place, SIGUSR1);
    const child_end without = run_in_child([] {
        std::raise(SIGUSR1);
        return 0;
    });
    CHECK(without.killed_by(SIGUSR1));
    const child_end with = run_in_child([&] {
        signal_set own(SIGUSR1);
        parents.reset();  // which changes nothing
        std::raise(SIGUSR1);
        return run_coroutine([&]() -> task<int> { co_return co_await own.wait(); });
    });
    INFO(with.text);
    CHECK(with.exited_with(SIGUSR1));
    run_coroutine([&]() -> task<> {
        std::error_code error;
        const int none = co_await ringlet::with_timeout(1ms, parents->wait(error));
        CHECK(none == 0);
        std::raise(SIGUSR1);
        const int number = co_await parents->wait();
        CHECK(number == SIGUSR1);
    });
}

TEST_CASE("sets come and go while signals come", "[coro]") {
    const kept_disposition kept(SIGUSR1);
    std::signal(SIGUSR1, &count_handled);
    std::atomic<bool> over{false};
    std::jthread sender([&] {
        while (!over)
            ::kill(::getpid(), SIGUSR1);
    });
    in_time([] {
        for (int i = 0; i < 2'000; ++i) {
            const signal_set one(SIGUSR1);
            const signal_set two(SIGUSR1, SIGUSR2);
        }
        return 0;
    });
    over = true;
    sender.join();
}

TEST_CASE("what cannot be awaited is refused, and named", "[coro]") {
    const int number = GENERATE(0, -1, 65, 1000, SIGKILL, SIGSTOP, SIGSEGV, 32);
    const std::size_t open_before = open_descriptors();
    std::string said;
    try {
        const signal_set refused(SIGUSR1, number);
    } catch (const std::invalid_argument& error) {
        said = error.what();
    }
    CHECK(said == "signal_set: " + std::to_string(number) + " is not a signal that can be awaited");
    CHECK(open_descriptors() == open_before);
}

TEST_CASE("there may be so many sets and no more", "[coro]") {
    std::vector<std::unique_ptr<signal_set>> sets;
    for (std::size_t i = 0; i < signal_set::sets_max; ++i)
        sets.push_back(std::make_unique<signal_set>(SIGUSR1));
    CHECK_THROWS_AS(signal_set(SIGUSR1), std::system_error);
    sets.pop_back();
    CHECK_NOTHROW(signal_set(SIGUSR1));
    std::raise(SIGUSR1);
    run_coroutine([&]() -> task<> {
        for (const auto& each : sets) {
            const int number = co_await each->wait();
            CHECK(number == SIGUSR1);
        }
    });
}

TEST_CASE("a set has one waiter at a time", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1);
        int number = 0;
        std::error_code error;
        joinable_task_group group;
        group.spawn(store_signal(signals, number, error));
        std::string said;
        try {
            co_await signals.wait();
        } catch (const std::logic_error& refused) {
            said = refused.what();
        }
        CHECK(said.find("another one waits") != std::string::npos);
        std::raise(SIGUSR1);
        co_await group.join();
        CHECK(number == SIGUSR1);
    });
}

TEST_CASE("a cancelled wait throws under its name", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1);
        std::string said;
        try {
            co_await ringlet::with_timeout(0s, signals.wait());
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::timed_out);
            said = error.what();
        }
        CHECK(said.find("signal_set::wait") == 0);
    });
}

TEST_CASE("waits that find a signal let others go on", "[coro]") {
    run_without_leak([](loop&) -> task<> {
        signal_set signals(SIGUSR1);
        const auto again = [&]() -> task<> {
            std::raise(SIGUSR1);
            co_await signals.wait();
        };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

TEST_CASE("a signal is waited for in a loop only", "[coro]") {
    signal_set signals(SIGUSR1);
    CHECK_THROWS_AS(signals.wait(), std::logic_error);
}

TEST_CASE("a set destroyed while someone waits for it ends the program with a sentence", "[coro]") {
    const child_end end = run_in_child([] {
        run_coroutine([]() -> task<> {
            std::optional<signal_set> signals(std::in_place, SIGUSR1);
            int number = 0;
            std::error_code error;
            joinable_task_group group;
            group.spawn(store_signal(*signals, number, error));
            signals.reset();
            co_return;
        });
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a signal_set was destroyed while a coroutine waited for it"));
}

}  // namespace tests::coro_signal_set
