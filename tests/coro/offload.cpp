#include "cancellable.hpp"
#include "catch.hpp"
#include "counted.hpp"
#include "forked_child.hpp"
#include "gate.hpp"
#include "run_coroutine.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>

#include <pthread.h>

#include <atomic>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::coro_offload {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::offload;
using ringlet::task;
using ringlet::thread_pool;
using ringlet::detail::joinable_task_group;

namespace {

/// What an await of `offload(pool, function)` throws as std::system_error.
template <class Function>
task<std::system_error> failure_of(thread_pool& pool, Function& function) {
    try {
        co_await offload(pool, function);
    } catch (const std::system_error& error) {
        co_return error;
    }
    throw std::runtime_error("nothing was thrown");
}

template <class Function>
task<> store_error(thread_pool& pool, Function& function, std::error_code& error) {
    try {
        co_await offload(pool, function);
        error.clear();
    } catch (const std::system_error& thrown) {
        error = thrown.code();
    }
}

}  // namespace

TEST_CASE("what is offloaded runs in another thread, and its loop goes on meanwhile", "[coro]") {
    gate inside;
    run_coroutine([&]() -> task<> {
        const auto open_later = [&]() -> task<> {
            co_await ringlet::yield();
            inside.open();
        };
        joinable_task_group group;
        group.spawn(open_later());
        const std::thread::id loops = std::this_thread::get_id();
        const std::thread::id other = co_await offload([&] {
            inside.pass();
            return std::this_thread::get_id();
        });
        CHECK(other != loops);
        CHECK(std::this_thread::get_id() == loops);
        co_await group.join();
    });
}

TEST_CASE("an offload yields what the function returns, whatever that is", "[coro]") {
    run_coroutine([]() -> task<> {
        int calls = 0;
        co_await offload([&] { ++calls; });
        CHECK(calls == 1);
        const int number = co_await offload([&] { return calls + 1; });
        CHECK(number == 2);
        int& same = co_await offload([&]() -> int& { return calls; });
        CHECK(&same == &calls);
        const std::unique_ptr<int> moved =
            co_await offload([] { return std::make_unique<int>(3); });
        CHECK(*moved == 3);
        const std::string text = co_await offload([] { return std::string(100, 'x'); });
        CHECK(text.size() == 100);
    });
}

TEST_CASE("a named callable is used where it is, and results are destroyed once", "[coro]") {
    counted::begin();
    run_coroutine([]() -> task<> {
        auto function = [owned = counted(7), calls = std::make_unique<int>(0)] {
            return counted(owned.number() + ++*calls);
        };
        for (int i = 1; i <= 2; ++i) {
            const counted result = co_await offload(function);
            CHECK(result.number() == 7 + i);
            CHECK(counted::alive() == 2);
        }
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("what an offloaded function throws is thrown where it is awaited", "[coro]") {
    run_coroutine([]() -> task<> {
        std::string caught;
        try {
            co_await offload([]() -> int { throw std::out_of_range("from afar"); });
        } catch (const std::out_of_range& error) {
            caught = error.what();
        }
        CHECK(caught == "from afar");
    });
}

TEST_CASE("who finds all threads busy waits, first come, first served", "[coro]") {
    thread_pool one({.threads_max = 1});
    gate inside;
    std::vector<int> order;
    run_coroutine([&]() -> task<> {
        const auto note = [&](int number) -> task<> {
            co_await offload(one, [&] {
                if (number == 0)
                    inside.pass();
                order.push_back(number);
            });
        };
        joinable_task_group group;
        for (int i = 0; i < 5; ++i)
            group.spawn(note(i));
        inside.await();
        CHECK(one.waiting() == 4);
        CHECK(one.threads() == 1);
        inside.open();
        co_await group.join();
    });
    CHECK(order == std::vector{0, 1, 2, 3, 4});
    CHECK(one.waiting() == 0);
}

TEST_CASE("where as many wait as may, another offload fails at once and says why", "[coro]") {
    const std::size_t waiting_max = GENERATE(0U, 2U);
    thread_pool one({.threads_max = 1, .waiting_max = waiting_max});
    gate inside;
    int calls = 0;
    run_coroutine([&]() -> task<> {
        const auto call = [&]() -> task<> {
            co_await offload(one, [&] {
                inside.pass();
                ++calls;
            });
        };
        joinable_task_group group;
        for (std::size_t i = 0; i <= waiting_max; ++i)
            group.spawn(call());
        inside.await();
        const auto never = [] {};
        const std::system_error refused = co_await failure_of(one, never);
        CHECK(refused.code() == std::errc::resource_unavailable_try_again);
        CHECK(std::string(refused.what()).find("as many wait for a thread as may") !=
              std::string::npos);
        CHECK(one.waiting() == waiting_max);
        for (std::size_t i = 0; i <= waiting_max; ++i)
            inside.open();
        co_await group.join();
        co_await offload(one, never);  // there is room again
    });
    CHECK(calls == static_cast<int>(waiting_max) + 1);
}

TEST_CASE("an offload that is cancelled before its function runs does not run it", "[coro]") {
    thread_pool one({.threads_max = 1});
    gate inside;
    std::vector<std::string> called;
    run_coroutine([&]() -> task<> {
        const auto hold = [&] { inside.pass(); };
        const auto first = [&] { called.emplace_back("first"); };
        const auto second = [&] { called.emplace_back("second"); };
        {
            cancel_scope cancelled;
            cancelled.cancel();
            const std::system_error error = co_await failure_of(one, first);
            CHECK(error.code() == std::errc::operation_canceled);
            CHECK(one.threads() == 0);
        }
        std::error_code held;
        std::error_code at_first;
        std::error_code at_second;
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(store_error(one, hold, held));
        group.spawn(cancellable(scope, store_error(one, first, at_first)));
        group.spawn(store_error(one, second, at_second));
        inside.await();
        scope->cancel();
        scope->cancel();
        CHECK(one.waiting() == 1);
        const std::system_error late =
            co_await ringlet::with_timeout(1ms, failure_of(one, first));  // others hold the thread
        CHECK(late.code() == std::errc::timed_out);
        inside.open();
        co_await group.join();
        CHECK(at_first == std::errc::operation_canceled);
        CHECK_FALSE(at_second);
    });
    CHECK(called == std::vector<std::string>{"second"});
}

TEST_CASE("a function that runs is awaited to its end, and its result kept", "[coro]") {
    gate inside;
    run_coroutine([&]() -> task<> {
        int result = 0;
        const auto run = [&]() -> task<> {
            result = co_await offload([&] {
                inside.pass();
                return 5;
            });
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, run()));
        inside.await();
        scope->cancel();
        co_await ringlet::yield();
        CHECK(group.running() == 1);
        inside.open();
        co_await group.join();
        CHECK(result == 5);
    });
}

TEST_CASE("an offload that has ended and is cancelled in the same turn keeps its result",
          "[coro]") {
    thread_pool one({.threads_max = 1});
    gate inside;
    run_coroutine([&]() -> task<> {
        int result = 0;
        const auto run = [&]() -> task<> { result = co_await offload(one, [] { return 5; }); };
        const auto follow = [&]() -> task<> { co_await offload(one, [&] { inside.pass(); }); };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, run()));
        group.spawn(follow());
        inside.await();  // what ran before in that thread has been reported by now
        scope->cancel();
        inside.open();
        co_await group.join();
        CHECK(result == 5);
    });
}

TEST_CASE("offloads of many loops share a pool, and some are cancelled", "[coro]") {
    constexpr int loops = 3;
    constexpr int rounds = 200;
    thread_pool pool({.threads_max = 2});
    std::atomic<int> calls{0};
    std::atomic<int> ends{0};
    const auto in_a_loop = [&] {
        run_coroutine([&]() -> task<> {
            const auto call = [&]() -> task<> {
                try {
                    co_await offload(pool, [&] { ++calls; });
                    ++ends;
                } catch (const std::system_error&) {
                }
            };
            for (int i = 0; i < rounds; ++i) {
                cancel_scope* scope = nullptr;
                joinable_task_group group;
                group.spawn(call());
                group.spawn(cancellable(scope, call()));
                group.spawn(call());
                scope->cancel();
                co_await group.join();
            }
        });
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < loops; ++i)
            threads.emplace_back(in_a_loop);
    }
    CHECK(calls == ends);
    CHECK(calls >= loops * rounds * 2);
    CHECK(calls <= loops * rounds * 3);
}

TEST_CASE("a loop may end as soon as what it offloaded has", "[coro]") {
    int calls = 0;
    for (int i = 0; i < 300; ++i)
        run_coroutine([&]() -> task<> { co_await offload([&] { ++calls; }); });
    CHECK(calls == 300);
}

TEST_CASE("signals that the program handles are left to its other threads, but for those of faults",
          "[coro]") {
    const auto before = std::signal(SIGUSR1, [](int) {});
    ringlet::thread_pool pool;
    run_coroutine([&]() -> task<> {
        const auto mask_of_thread = [] {
            sigset_t mask;
            ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
            return mask;
        };
        const sigset_t blocked = co_await offload(pool, mask_of_thread);
        for (const int number : {SIGUSR1, SIGALRM, SIGPIPE})  // the watchdog's is SIGALRM
            CHECK(sigismember(&blocked, number) == 1);
        for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGHUP, SIGCHLD})
            CHECK(sigismember(&blocked, number) == 0);
        sigset_t own;
        ::pthread_sigmask(SIG_BLOCK, nullptr, &own);
        CHECK(sigismember(&own, SIGUSR1) == 0);
    });
    std::signal(SIGUSR1, before);
}

TEST_CASE("a forked child offloads in threads of its own", "[coro]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer wants no threads in a forked child");
    const auto run = [] {
        return run_coroutine([]() -> task<int> { co_return co_await offload([] { return 3; }); });
    };
    CHECK(run() == 3);
    const child_end end = run_in_child(run);
    INFO(end.text);
    CHECK(end.exited_with(3));
    CHECK(run() == 3);
}

TEST_CASE("offloading outside a loop is a logic_error", "[coro]") {
    CHECK_THROWS_AS(offload([] {}), std::logic_error);
}

}  // namespace tests::coro_offload
