#include "catch.hpp"
#include "forked_child.hpp"
#include "in_time.hpp"
#include "milestone.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/concurrent_operation.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace tests::coro_concurrent_operation {

using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::task;
using ringlet::detail::concurrent_operation;
using ringlet::detail::joinable_task_group;

namespace {

/// The smallest thing that threads can wait for: open or shut.
struct gate {
    std::mutex mutex;
    bool open = false;
    concurrent_operation::queue line;

    /// Lets the first of those through who wait; false if nobody does.
    bool let_one_through(int result = 0) {
        const std::lock_guard locked(mutex);
        if (line.empty())
            return false;
        line.front().grant(result);
        return true;
    }
};

class pass final : public concurrent_operation {
public:
    explicit pass(gate& to_pass, ringlet::error_sink error = ringlet::throws)
        : concurrent_operation("pass", to_pass.line, to_pass.mutex, error), gate_(to_pass) {}

    int await_resume() const {
        finish();
        return result();
    }

private:
    bool attempt() noexcept override { return gate_.open && nobody_ahead(); }

    gate& gate_;
};

}  // namespace

TEST_CASE("a grant from another thread wakes the waiter's loop, with the result it carries",
          "[coro]") {
    constexpr int rounds = 2'000;
    gate shut;
    std::jthread other([&](const std::stop_token& stop) {
        for (int round = 0; round < rounds && !stop.stop_requested();)
            if (shut.let_one_through(round))
                ++round;
            else
                std::this_thread::yield();
    });
    int passed = 0;
    const auto here = std::this_thread::get_id();
    run_coroutine([&]() -> task<> {
        for (; passed < rounds; ++passed) {
            const int result = co_await pass(shut);
            REQUIRE(result == passed);
            REQUIRE(std::this_thread::get_id() == here);
        }
    });
    CHECK(passed == rounds);
}

TEST_CASE("an operation between threads that succeeds at once does not suspend, for a while",
          "[coro]") {
    run_coroutine([]() -> task<> {
        gate open;
        open.open = true;
        bool turned = false;
        loop::current()->post([&] { turned = true; });
        co_await pass(open);
        CHECK_FALSE(turned);
        for (int i = 0; i < 100'000 && !turned; ++i)
            co_await pass(open);
        CHECK(turned);
    });
}

TEST_CASE("a wait that is cancelled leaves the line, one that was granted does not", "[coro]") {
    run_coroutine([]() -> task<> {
        gate shut;
        std::vector<std::error_code> errors(3, std::make_error_code(std::errc::io_error));
        const auto waiter = [&](std::error_code& error) -> task<> { co_await pass(shut, error); };
        joinable_task_group group;
        for (std::error_code& error : errors)
            group.spawn(waiter(error));
        CHECK(shut.let_one_through());
        group.cancel();
        CHECK_FALSE(shut.let_one_through());
        co_await group.join();
        CHECK_FALSE(errors[0]);
        CHECK(errors[1] == std::errc::operation_canceled);
        CHECK(errors[2] == std::errc::operation_canceled);
    });
}

TEST_CASE("under a cancelled scope an operation between threads takes nothing", "[coro]") {
    run_coroutine([]() -> task<> {
        gate open;
        open.open = true;
        cancel_scope scope;
        scope.cancel();
        std::error_code error;
        co_await pass(open, error);
        CHECK(error == std::errc::operation_canceled);
    });
}

TEST_CASE("a wait that is cancelled while another thread grants it ends once", "[coro]") {
    constexpr int rounds = 10'000;
    gate shut;
    std::atomic<int> granted{0};
    std::atomic<bool> done{false};
    std::jthread other([&] {
        while (!done)
            if (shut.let_one_through())
                ++granted;
    });
    int passed = 0;
    int cancelled = 0;
    run_coroutine([&]() -> task<> {
        const auto waiter = [&]() -> task<> {
            std::error_code error;
            co_await pass(shut, error);
            ++(error ? cancelled : passed);
        };
        for (int round = 0; round < rounds; ++round) {
            joinable_task_group group;
            group.spawn(waiter());
            for (int turns = round % 3; turns > 0; --turns)
                co_await ringlet::yield();
            group.cancel();
            co_await group.join();
        }
    });
    done = true;
    other.join();
    CHECK(passed == granted);
    CHECK(passed + cancelled == rounds);
}

TEST_CASE("what was granted while the loop did not run is there when it runs again", "[coro]") {
    gate shut;
    bool passed = false;
    loop owner;
    const auto waiter = [&]() -> task<> {
        co_await pass(shut);
        passed = true;
        owner.stop();
    };
    joinable_task_group group(owner);
    owner.post([&] {
        group.spawn(waiter());
        owner.stop();
    });
    owner.run();
    in_time([&] { CHECK(shut.let_one_through()); });
    CHECK_FALSE(passed);
    owner.run();
    CHECK(passed);
}

TEST_CASE("the loop of a waiter may end as soon as another thread has granted it", "[coro]") {
    constexpr int rounds = 500;
    gate shut;
    std::jthread other([&](const std::stop_token& stop) {
        while (!stop.stop_requested())
            if (!shut.let_one_through())
                std::this_thread::yield();
    });
    const auto waiter = [&]() -> task<> { co_await pass(shut); };
    for (int round = 0; round < rounds; ++round) {
        loop owner;
        ringlet::block_on(owner, waiter());
    }
}

TEST_CASE("destroying a loop whose waiter has been granted ends the program", "[coro]") {
    const child_end end = run_in_child([] {
        gate shut;
        std::optional<loop> owner(std::in_place);
        joinable_task_group group(*owner);
        const auto waiter = [&]() -> task<> { co_await pass(shut); };
        owner->post([&] {
            group.spawn(waiter());
            owner->stop();
        });
        owner->run();
        shut.let_one_through();
        owner.reset();
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a loop was destroyed while a coroutine was suspended on it"));
}

}  // namespace tests::coro_concurrent_operation
