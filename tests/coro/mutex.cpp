#include "cancellable.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/mutex.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tests::coro_mutex {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::mutex;
using ringlet::task;
using ringlet::detail::joinable_task_group;

TEST_CASE("one coroutine at a time is inside a mutex, in the order they came", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        mutex door;
        int inside = 0;
        std::vector<int> order;
        const auto visitor = [&](int number) -> task<> {
            const auto lock = co_await door.lock();
            CHECK(lock.owns_lock());
            CHECK(++inside == 1);
            co_await ringlet::sleep_for(1s);
            CHECK(--inside == 0);
            order.push_back(number);
        };
        joinable_task_group group;
        for (int i = 0; i < 4; ++i)
            group.spawn(visitor(i));
        co_await group.join();
        CHECK(order == std::vector{0, 1, 2, 3});
        CHECK(owner.now() - start == 4s);
        CHECK(door.try_lock().owns_lock());
    });
}

TEST_CASE("a mutex that is given back goes to who waits, not to who comes then", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        std::vector<int> order;
        const auto visitor = [&](int number) -> task<> {
            const auto lock = co_await door.lock();
            order.push_back(number);
        };
        joinable_task_group group;
        mutex::guard mine = door.try_lock();
        group.spawn(visitor(1));
        mine.unlock();
        CHECK_FALSE(door.try_lock().owns_lock());
        group.spawn(visitor(2));
        co_await group.join();
        CHECK(order == std::vector{1, 2});
    });
}

TEST_CASE("a guard gives the mutex back once, from wherever it was moved to", "[coro]") {
    mutex door;
    mutex::guard none;
    CHECK_FALSE(none.owns_lock());
    none.unlock();
    mutex::guard first = door.try_lock();
    CHECK(first.owns_lock());
    CHECK_FALSE(door.try_lock().owns_lock());
    mutex::guard second(std::move(first));
    CHECK(second.owns_lock());
    {
        mutex::guard third;
        third = std::move(second);
        CHECK(third.owns_lock());
        CHECK_FALSE(door.try_lock().owns_lock());
    }
    mutex::guard again = door.try_lock();
    CHECK(again.owns_lock());
    again.unlock();
    CHECK_FALSE(again.owns_lock());
    CHECK(door.try_lock().owns_lock());
    again.unlock();
    CHECK(door.try_lock().owns_lock());
}

TEST_CASE("an exception gives the mutex back", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        const auto failing = [&]() -> task<> {
            const auto lock = co_await door.lock();
            co_await ringlet::yield();
            throw std::runtime_error("inside");
        };
        bool entered = false;
        const auto next = [&]() -> task<> {
            const auto lock = co_await door.lock();
            entered = true;
        };
        const auto catching = [&]() -> task<> {
            try {
                co_await failing();
            } catch (const std::runtime_error&) {
                CHECK_FALSE(entered);
            }
        };
        joinable_task_group group;
        group.spawn(catching());
        group.spawn(next());
        co_await group.join();
        CHECK(entered);
        CHECK(door.try_lock().owns_lock());
    });
}

TEST_CASE("a cancelled lock yields an empty guard and leaves the mutex to the others", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        bool entered = false;
        std::error_code error;
        const auto cancelled = [&]() -> task<> {
            const auto lock = co_await door.lock(error);
            CHECK_FALSE(lock.owns_lock());
        };
        const auto next = [&]() -> task<> {
            const auto lock = co_await door.lock();
            entered = lock.owns_lock();
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        mutex::guard mine = door.try_lock();
        group.spawn(cancellable(scope, cancelled()));
        group.spawn(next());
        scope->cancel();
        mine.unlock();
        co_await group.join();
        CHECK(error == std::errc::operation_canceled);
        CHECK(entered);
        {
            cancel_scope before;
            before.cancel();
            const auto lock = co_await door.lock(error);
            CHECK_FALSE(lock.owns_lock());
            CHECK(error == std::errc::operation_canceled);
        }
        CHECK(door.try_lock().owns_lock());
    });
}

TEST_CASE("a lock that was granted and is cancelled in the same turn holds", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto granted = [&]() -> task<> {
            const auto lock = co_await door.lock(error);
            CHECK(lock.owns_lock());
            CHECK_FALSE(door.try_lock().owns_lock());
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        mutex::guard mine = door.try_lock();
        group.spawn(cancellable(scope, granted()));
        mine.unlock();
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(door.try_lock().owns_lock());
    });
}

TEST_CASE("a cancelled lock throws under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        cancel_scope scope;
        scope.cancel();
        std::string text;
        try {
            const auto lock = co_await door.lock();
        } catch (const std::system_error& error) {
            text = error.what();
        }
        CHECK(text.find("mutex::lock") == 0);
    });
}

TEST_CASE("locks of a mutex that is free let others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        mutex door;
        const auto again = [&]() -> task<> { const auto lock = co_await door.lock(); };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
    });
}

TEST_CASE("a mutex is waited for in a loop only", "[coro]") {
    mutex door;
    CHECK_THROWS_AS(door.lock(), std::logic_error);
}

TEST_CASE("a mutex destroyed while someone waits for it ends the program with a sentence",
          "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<mutex> door(std::in_place);
            const auto waiter = [&]() -> task<> { const auto lock = co_await door->lock(); };
            const mutex::guard mine = door->try_lock();
            joinable_task_group group;
            group.spawn(waiter());
            door.reset();
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("something was destroyed while a coroutine waited for it"));
}

}  // namespace tests::coro_mutex
