// Awaits that complete synchronously must not grow the stack, however many there are in a row and
// whatever the compiler makes of symmetric transfer: GCC makes no tail call of it below -O2.

#include "catch.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace tests::coro_stack_depth {

using ringlet::task;

namespace {

constexpr std::uintptr_t stack_bytes_max = 64 * 1024;
constexpr int ten_million = 10'000'000;

/// The stack used below the point where it was made. Measured by the frame's own address, since a
/// sanitizer may keep the locals elsewhere.
class stack_depth {
public:
    stack_depth() noexcept : top_(position()), lowest_(top_) {}

    /// Throws once the limit is passed: a regression shall fail rather than crash.
    void note() {
        lowest_ = std::min(lowest_, position());
        if (deepest() > stack_bytes_max)
            throw std::runtime_error("synchronous awaits grew the stack");
    }

    [[nodiscard]] std::uintptr_t deepest() const noexcept { return top_ - lowest_; }

private:
    [[gnu::noinline]] static std::uintptr_t position() noexcept {
        return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    }

    std::uintptr_t top_;
    std::uintptr_t lowest_;
};

task<int> at_once(stack_depth& stack) {
    stack.note();
    co_return 1;
}

task<int> through_another(stack_depth& stack) {
    co_return co_await at_once(stack);
}

task<int> suspending(stack_depth& stack) {
    co_await ringlet::yield();
    co_return co_await at_once(stack);
}

task<> failing(stack_depth& stack) {
    stack.note();
    throw 1;
    co_return;
}

/// A task that awaits one that awaits one, `depth` deep; the last one ends with `innermost()`.
template <class Innermost>
task<int> nested(int depth, const Innermost& innermost) {
    if (depth > 0)
        co_return 1 + co_await nested(depth - 1, innermost);
    co_await innermost();
    co_return 0;
}

// What docs/coroutines.md promises in every build, in a stack of 8 MiB.
constexpr int nested_max = 5'000;

}  // namespace

TEST_CASE("tasks that await tasks, five thousand deep, begin, go on, fail and are cancelled",
          "[coro]") {
    const auto end_at_once = []() -> task<> { co_return; };
    const auto suspend = []() -> task<> { co_await ringlet::yield(); };
    const auto fail = []() -> task<> {
        co_await ringlet::yield();
        throw std::runtime_error("from the depth");
    };
    const auto wait_for_ever = []() -> task<> {
        co_await ringlet::sleep_for(std::chrono::hours(1));
    };
    CHECK(run_coroutine([&] { return nested(nested_max, end_at_once); }) == nested_max);
    CHECK(run_coroutine([&] { return nested(nested_max, suspend); }) == nested_max);
    CHECK_THROWS_WITH(run_coroutine([&] { return nested(nested_max, fail); }), "from the depth");
    run_coroutine([&]() -> task<> {
        const auto wait = [&]() -> task<> { co_await nested(nested_max, wait_for_ever); };
        ringlet::detail::joinable_task_group group;
        group.spawn(wait());
        co_await ringlet::yield();
        group.cancel();
        co_await group.join();
    });
}

TEST_CASE("ten million awaits that complete synchronously use less than 64 KiB of stack",
          "[coro]") {
    stack_depth stack;
    const int sum = run_coroutine([&]() -> task<int> {
        int ended = 0;
        while (ended < ten_million)
            ended += co_await at_once(stack);
        co_return ended;
    });
    CHECK(sum == ten_million);
    CHECK(stack.deepest() > 0);
    CHECK(stack.deepest() < stack_bytes_max);
}

TEST_CASE("a mix of awaits that suspend and that do not keeps the stack flat", "[coro]") {
    stack_depth stack;
    run_coroutine([&]() -> task<> {
        for (int i = 0; i < 300'000; ++i) {
            co_await through_another(stack);
            if (i % 10 == 0)
                co_await suspending(stack);
        }
    });
    CHECK(stack.deepest() < stack_bytes_max);
}

TEST_CASE("exceptions of tasks that end synchronously leave nothing on the stack", "[coro]") {
    stack_depth stack;
    int caught = 0;
    run_coroutine([&]() -> task<> {
        for (int i = 0; i < 2'000; ++i) {
            try {
                co_await failing(stack);
            } catch (int) {
                ++caught;
            }
        }
    });
    CHECK(caught == 2'000);
    CHECK(stack.deepest() < stack_bytes_max);
}

TEST_CASE("spawning tasks that end at once, and joining them, keeps the stack flat", "[coro]") {
    stack_depth stack;
    run_coroutine([&]() -> task<> {
        const auto child = [&]() -> task<> { co_await at_once(stack); };
        for (int i = 0; i < 300'000; ++i) {
            ringlet::detail::joinable_task_group group;
            group.spawn(child());
            co_await group.join();
        }
    });
    CHECK(stack.deepest() < stack_bytes_max);
}

}  // namespace tests::coro_stack_depth
