#include "catch.hpp"
#include "counted.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tests::coro_task {

using ringlet::task;

static_assert(!std::is_copy_constructible_v<task<>> && !std::is_copy_assignable_v<task<>>);
static_assert(std::is_nothrow_move_constructible_v<task<>>);

template <class Task>
concept awaited_as = requires(Task&& awaited) {
    std::forward<Task>(awaited).operator co_await();
};
static_assert(awaited_as<task<>> && !awaited_as<task<>&> && !awaited_as<const task<>&>);

namespace {

task<> count(int& begun) {
    ++begun;
    co_return;
}

task<int> hold(counted argument) {
    co_return argument.number();
}

template <class T>
[[gnu::noinline]] task<T> give(bool suspend, T value) {  // or Clang might elide its frame
    if (suspend)
        co_await ringlet::yield();
    co_return std::move(value);
}

task<std::string&> refer(bool suspend, std::string& text) {
    if (suspend)
        co_await ringlet::yield();
    co_return text;
}

template <class Thrown>
task<> fail_with(bool suspend, Thrown thrown) {
    if (suspend)
        co_await ringlet::yield();
    throw thrown;
}

template <class Thrown>
task<Thrown> caught(task<> failing) {
    try {
        co_await std::move(failing);
    } catch (const Thrown& thrown) {
        co_return thrown;
    }
    throw std::runtime_error("nothing was thrown");
}

task<int> chain(int length) {
    if (length == 0) {
        co_await ringlet::yield();
        co_return 0;
    }
    co_return co_await chain(length - 1) + 1;
}

}  // namespace

TEST_CASE("a task begins when it is awaited", "[coro]") {
    run_coroutine([]() -> task<> {
        int begun = 0;
        task<> lazy = count(begun);
        co_await ringlet::yield();
        CHECK(begun == 0);
        co_await std::move(lazy);
        CHECK(begun == 1);
    });
}

TEST_CASE("a task that is destroyed unstarted runs nothing and frees its arguments", "[coro]") {
    counted::begin();
    int begun = 0;
    {
        const task<> unstarted = count(begun);
        const task<int> holding = hold(counted());
        CHECK(counted::alive() == 1);
    }
    CHECK(begun == 0);
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("a task moves, and what it was moved from is empty", "[coro]") {
    counted::begin();
    task<int> from = hold(counted(3));
    task<int> to = std::move(from);
    CHECK(to.valid());
    CHECK_FALSE(from.valid());  // NOLINT(bugprone-use-after-move): what is tested
    CHECK_FALSE(task<int>().valid());
    to = hold(counted(4));
    CHECK(ringlet::block_on(std::move(to)) == 4);  // NOLINT(bugprone-use-after-move)
    from = task<int>();
    to = task<int>();
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("a task gives its result to whoever awaits it", "[coro]") {
    const bool suspend = GENERATE(false, true);
    run_coroutine([=]() -> task<> {
        const int number = co_await give(suspend, 42);
        CHECK(number == 42);
        const std::unique_ptr<int> owned = co_await give(suspend, std::make_unique<int>(7));
        CHECK(*owned == 7);
        std::string text(100, 'x');
        std::string& same = co_await refer(suspend, text);
        CHECK(&same == &text);
    });
}

TEST_CASE("a task returns what a function of its type would", "[coro]") {
    run_coroutine([]() -> task<> {
        const auto braces = []() -> task<std::pair<int, std::string>> { co_return {1, "one"}; };
        const auto pair = co_await braces();
        CHECK(pair == std::pair<int, std::string>(1, "one"));
        const auto converted = []() -> task<std::string> { co_return "a literal"; };
        const std::string text = co_await converted();
        CHECK(text == "a literal");
        const auto base = []() -> task<std::shared_ptr<const int>> {
            co_return std::make_shared<int>(5);
        };
        const auto shared = co_await base();
        CHECK(*shared == 5);
    });
}

TEST_CASE("a task throws its exception where it is awaited, of whatever type", "[coro]") {
    const bool suspend = GENERATE(false, true);
    run_coroutine([=]() -> task<> {
        const int number = co_await caught<int>(fail_with(suspend, 17));
        CHECK(number == 17);
        const auto text = co_await caught<std::string>(fail_with(suspend, std::string(50, 'e')));
        CHECK(text == std::string(50, 'e'));
        const auto error =
            co_await caught<std::runtime_error>(fail_with(suspend, std::runtime_error("broken")));
        CHECK(std::string(error.what()) == "broken");
    });
}

TEST_CASE("an exception passes through tasks, ending their locals on the way", "[coro]") {
    counted::begin();
    run_coroutine([]() -> task<> {
        const auto outer = [](bool suspend) -> task<> {
            const counted local;
            co_await fail_with(suspend, 1);
        };
        const int first = co_await caught<int>(outer(false));
        const int second = co_await caught<int>(outer(true));
        CHECK(first + second == 2);
    });
    CHECK(counted::alive() == 0);
    CHECK(counted::strays() == 0);
}

TEST_CASE("the last of a chain of a thousand tasks resumes the first", "[coro]") {
    CHECK(ringlet::block_on(chain(1'000)) == 1'000);
}

TEST_CASE("frames are recycled: awaiting allocates nothing once warm", "[coro]") {
    run_coroutine([]() -> task<> {
        // A frame that did not come from the pool would come back to it, which would then grow.
        const ringlet::detail::frame_pool& frames = ringlet::loop::current()->core().frames();
        const auto await_some = []() -> task<> {
            for (int i = 0; i < 100; ++i) {
                const int number = co_await give(i % 2 == 0, i);
                const auto text = co_await give(i % 2 == 0, std::string(20, 'x'));
                CHECK(number + static_cast<int>(text.size()) == i + 20);
            }
        };
        std::size_t warm = 0;
        for (int round = 0; round < 10; ++round) {
            co_await await_some();
            if (round == 0)
                warm = frames.cached_bytes();
            CHECK(frames.cached_bytes() == warm);
        }
        CHECK(warm > 0);
    });
}

TEST_CASE("awaiting an empty task ends the program with a sentence", "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            task<> one = []() -> task<> { co_return; }();
            const task<> other = std::move(one);
            co_await std::move(one);  // NOLINT(bugprone-use-after-move): what is tested
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a task was awaited that holds no coroutine"));
}

TEST_CASE("destroying a task that is suspended ends the program with a sentence", "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            task<> suspended = []() -> task<> { co_await ringlet::yield(); }();
            std::move(suspended).operator co_await().await_suspend(std::noop_coroutine());
            const task<> ended = std::move(suspended);  // NOLINT(bugprone-use-after-move)
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a coroutine frame was destroyed while an operation in it was pending"));
}

}  // namespace tests::coro_task
