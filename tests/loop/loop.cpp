#include "catch.hpp"
#include "descriptors.hpp"
#include "forked_child.hpp"
#include "milestone.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/detail/close_operation.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <unistd.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tests::loop_loop {

using namespace std::chrono_literals;

namespace {

/// What `call()` throws as std::logic_error; empty if nothing.
template <class Call>
std::string logic_error_of(Call call) {
    try {
        call();
        return {};
    } catch (const std::logic_error& error) {
        return error.what();
    }
}

/// Ends `owner` while a coroutine is suspended in it, on `Operation`.
template <class Begin>
child_end destroy_early(Begin begin) {
    return run_in_child([&] {
        auto owner = std::make_unique<ringlet::loop>();
        auto* const group = new ringlet::detail::joinable_task_group(*owner);
        bool done = false;
        owner->core().run_until(done, [&] {
            group->spawn(begin(*owner));
            done = true;
        });
        owner.reset();
        return 0;
    });
}

}  // namespace

TEST_CASE("a loop that is stopped before it runs returns at once, and runs again", "[loop]") {
    ringlet::loop owner;
    owner.stop();
    owner.run();

    bool ran = false;
    owner.post([&] {
        owner.post([&] {
            ran = true;
            owner.stop();
        });
    });
    owner.run();
    CHECK(ran);
}

TEST_CASE("a loop is stopped by another thread, whether it sleeps or not", "[loop]") {
    ringlet::loop owner;
    for (int round = 0; round < 200; ++round) {
        const std::jthread stopper([&] { owner.stop(); });
        owner.run();
    }
    SUCCEED("every run ended");
}

TEST_CASE("a loop refuses to run in a thread that has not made it", "[loop]") {
    ringlet::loop owner;
    bool begun = false;
    bool done = false;
    const auto run = [&] { owner.run(); };
    const auto run_until = [&] { owner.core().run_until(done, [&] { begun = true; }); };
    const std::string sentence = "loop::run: a loop must be run by the thread that made it";
    CHECK(std::async(std::launch::async, [&] { return logic_error_of(run); }).get() == sentence);
    CHECK(std::async(std::launch::async, [&] { return logic_error_of(run_until); }).get() ==
          sentence);
    CHECK_FALSE(begun);
}

TEST_CASE("a loop refuses to run inside itself, and goes on", "[loop]") {
    ringlet::loop owner;
    std::string nested;
    std::string blocking;
    owner.post([&] {
        nested = logic_error_of([&] { owner.run(); });
        blocking = logic_error_of(
            [&] { ringlet::block_on(owner, []() -> ringlet::task<> { co_return; }()); });
        owner.stop();
    });
    owner.run();
    CHECK(nested == "loop::run: the loop runs already; await instead");
    CHECK(blocking == nested);
}

TEST_CASE("a loop may run inside another, which is the current one again afterwards", "[loop]") {
    ringlet::loop outer;
    ringlet::loop inner;
    outer.post([&] {
        inner.post([&] {
            CHECK(ringlet::loop::current() == &inner);
            inner.stop();
        });
        inner.run();
        CHECK(ringlet::loop::current() == &outer);
        outer.stop();
    });
    outer.run();
    CHECK(ringlet::loop::current() == nullptr);
}

TEST_CASE("only where a loop runs is there a current one", "[loop]") {
    CHECK(ringlet::loop::current() == nullptr);
    CHECK(logic_error_of([] { static_cast<void>(ringlet::loop::require_current("sleep_for")); }) ==
          "sleep_for: no loop runs in this thread");
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        CHECK(&ringlet::loop::require_current("here") == &owner);
        co_return;
    });
    CHECK(ringlet::loop::current() == nullptr);
}

TEST_CASE("run_until ends when it is done, and not when it is stopped", "[loop]") {
    ringlet::loop owner;
    bool done = false;
    int turns = 0;
    owner.core().run_until(done, [&] {
        owner.stop();
        owner.post([&] {
            ++turns;
            owner.post([&] { done = ++turns == 2; });
        });
    });
    CHECK(turns == 2);
}

TEST_CASE("what is posted runs in a later turn, never inside the call", "[loop]") {
    ringlet::loop owner;
    std::vector<std::string> notes;
    owner.post([&] {
        owner.post([&] {
            notes.emplace_back("posted");
            owner.stop();
        });
        notes.emplace_back("posting");
    });
    CHECK(notes.empty());
    owner.run();
    CHECK(notes == std::vector<std::string>{"posting", "posted"});
}

TEST_CASE("what is posted belongs to no scope", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::operation_scope* seen = &owner.core().scope();
        CHECK(seen != &owner.core().root_scope());
        owner.post([&] { seen = &owner.core().scope(); });
        co_await ringlet::yield();
        CHECK(seen == &owner.core().root_scope());
    });
}

TEST_CASE("posted work that throws ends the run; what is behind it waits for the next", "[loop]") {
    ringlet::loop owner;
    std::vector<int> ran;
    owner.post([&] { ran.push_back(1); });
    owner.post([] { throw std::runtime_error("from the work"); });
    owner.post([&] { ran.push_back(2); });
    CHECK_THROWS_WITH(owner.run(), "from the work");
    CHECK(ran == std::vector{1});
    CHECK(ringlet::loop::current() == nullptr);
    owner.stop();
    owner.run();
    CHECK(ran == std::vector{1, 2});
}

TEST_CASE("work posted by several threads runs in the order of each", "[loop]") {
    constexpr std::size_t threads = 4;
    constexpr int count = 2'000;
    ringlet::loop owner;
    std::vector<std::vector<int>> ran(threads);
    std::size_t finished = 0;
    std::vector<std::jthread> posters;
    for (std::size_t thread = 0; thread < threads; ++thread)
        posters.emplace_back([&, thread] {
            for (int i = 0; i < count; ++i)
                owner.post([&, thread, i] { ran[thread].push_back(i); });
            owner.post([&] {
                if (++finished == threads)
                    owner.stop();
            });
        });
    owner.run();
    std::vector<int> expected;
    for (int i = 0; i < count; ++i)
        expected.push_back(i);
    for (const std::vector<int>& one : ran)
        CHECK(one == expected);
}

TEST_CASE("a post is never lost, however it races with the loop falling asleep", "[loop]") {
    constexpr int rounds = 5'000;
    ringlet::loop owner;
    int ran = 0;
    std::string failure;
    std::jthread poster([&] {
        milestone answered("the posted work has run");
        try {
            for (int i = 0; i < rounds; ++i) {
                owner.post([&] {
                    ++ran;
                    answered.reach();
                });
                answered.await();
            }
        } catch (const std::exception& error) {
            failure = error.what();
        }
        owner.stop();
    });
    owner.run();
    poster.join();
    CHECK(failure.empty());
    CHECK(ran == rounds);
}

TEST_CASE("what is posted from another thread may lead to the end of the loop", "[loop]") {
    constexpr int rounds = 500;
    std::atomic<ringlet::loop*> current{nullptr};
    std::jthread stopper([&](const std::stop_token& stop) {
        while (!stop.stop_requested())
            if (ringlet::loop* const owner = current.exchange(nullptr))
                owner->stop();
            else
                std::this_thread::yield();
    });
    for (int i = 0; i < rounds; ++i) {
        ringlet::loop owner;
        current = &owner;
        owner.run();
    }
}

TEST_CASE("coroutines that are ready go on in the order in which they became so", "[loop]") {
    ringlet::loop owner;
    std::vector<int> order;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const auto yield_twice = [&](int number) -> ringlet::task<> {
            co_await ringlet::yield();
            order.push_back(number);
            co_await ringlet::yield();
            order.push_back(number);
        };
        for (const int number : {1, 2, 3})
            group.spawn(yield_twice(number));
        co_await group.join();
    });
    CHECK(order == std::vector{1, 2, 3, 1, 2, 3});
}

TEST_CASE("timers do not wait for a loop that always has something ready", "[loop]") {
    ringlet::loop owner;
    bool slept = false;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        ringlet::detail::joinable_task_group group;
        const auto sleep = [&]() -> ringlet::task<> {
            co_await ringlet::sleep_for(1ms);
            slept = true;
        };
        group.spawn(sleep());
        while (!slept)
            co_await ringlet::yield();
        co_await group.join();
    });
    CHECK(slept);
}

TEST_CASE("destroying a loop in which a coroutine is suspended ends the program", "[loop]") {
    const std::string sentence = "ringlet: a loop was destroyed while a coroutine was suspended "
                                 "on it; await every task first\n";
    const child_end sleeping =
        destroy_early([](ringlet::loop&) -> ringlet::task<> { co_await ringlet::sleep_for(24h); });
    CHECK(sleeping.killed_by(SIGABRT));
    CHECK(sleeping.text == sentence);

    const child_end ready =
        destroy_early([](ringlet::loop&) -> ringlet::task<> { co_await ringlet::yield(); });
    CHECK(ready.killed_by(SIGABRT));
    CHECK(ready.text == sentence);
}

TEST_CASE("a loop whose ring needs no kernel makes no system call to wait", "[loop]") {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    const auto begun = owner.now();
    const auto sleep = []() -> ringlet::task<> { co_await ringlet::sleep_for(1'000h); };
    ringlet::block_on(owner, sleep());
    CHECK(owner.now() - begun == 1'000h);
    CHECK(&owner.net() == &ringlet::network::system());
}

TEST_CASE("before a fork everything is handed over, and delivered in the next turn", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        const std::size_t open_before = open_descriptors();
        int closed = 0;
        const auto close = [&](int fd) -> ringlet::task<> {
            static_cast<void>(co_await ringlet::detail::close_operation(owner.core(), fd));
            ++closed;
        };
        ringlet::detail::joinable_task_group group;
        for (int i = 0; i < 3; ++i)
            group.spawn(close(::dup(STDERR_FILENO)));
        CHECK(open_descriptors() == open_before + 3);
        owner.core().prepare_fork();
        CHECK(open_descriptors() == open_before);
        CHECK(closed == 0);
        co_await group.join();
        CHECK(closed == 3);
    });
}

TEST_CASE("a loop that is left behind in a forked child makes room for another", "[loop]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> ringlet::task<> {
        const child_end end = run_in_child([&] {
            if (ringlet::loop::current() != &owner)
                return 1;
            ringlet::detail::loop_core::abandon_in_child();
            if (ringlet::loop::current() != nullptr)
                return 2;
            const auto sleep = []() -> ringlet::task<int> {
                co_await ringlet::sleep_for(1ms);
                co_return 0;
            };
            return run_coroutine(sleep);
        });
        INFO(end.text);
        CHECK(end.exited_with(0));
        CHECK(ringlet::loop::current() == &owner);
        co_await ringlet::sleep_for(1ms);
    });
}

}  // namespace tests::loop_loop
