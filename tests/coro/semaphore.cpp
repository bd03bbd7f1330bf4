#include "cancellable.hpp"
#include "catch.hpp"
#include "forked_child.hpp"
#include "others_go_on.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/semaphore.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::coro_semaphore {

using namespace std::chrono_literals;
using ringlet::cancel_scope;
using ringlet::loop;
using ringlet::semaphore;
using ringlet::task;
using ringlet::detail::joinable_task_group;

TEST_CASE("a semaphore gives out its permits and no more", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        semaphore permits(2);
        bool turned = false;
        owner.post([&] { turned = true; });
        co_await permits.acquire();
        CHECK(permits.available() == 1);
        CHECK(permits.try_acquire());
        CHECK(permits.available() == 0);
        CHECK_FALSE(permits.try_acquire());
        CHECK_FALSE(turned);
        permits.release(2);
        CHECK(permits.available() == 2);
    });
}

TEST_CASE("so many coroutines are inside at once as there are permits", "[coro]") {
    run_virtually([](loop& owner) -> task<> {
        const auto start = owner.now();
        semaphore permits(3);
        int inside = 0;
        int most = 0;
        const auto worker = [&]() -> task<> {
            co_await permits.acquire();
            most = std::max(most, ++inside);
            co_await ringlet::sleep_for(1s);
            --inside;
            permits.release();
        };
        joinable_task_group group;
        for (int i = 0; i < 10; ++i)
            group.spawn(worker());
        co_await group.join();
        CHECK(most == 3);
        CHECK(owner.now() - start == 4s);
        CHECK(permits.available() == 3);
    });
}

TEST_CASE("permits go to who came first, and nobody takes one that was given", "[coro]") {
    run_virtually([](loop&) -> task<> {
        semaphore permits(0);
        std::vector<int> order;
        const auto waiter = [&](int number) -> task<> {
            co_await permits.acquire();
            order.push_back(number);
        };
        joinable_task_group group;
        for (int i = 0; i < 4; ++i)
            group.spawn(waiter(i));
        permits.release(2);
        CHECK(permits.available() == 0);  // they are given, though nobody has gone on yet
        CHECK_FALSE(permits.try_acquire());
        group.spawn(waiter(4));
        permits.release(5);
        CHECK(permits.available() == 2);
        co_await group.join();
        CHECK(order == std::vector{0, 1, 2, 3, 4});
    });
}

TEST_CASE("an acquire that is cancelled takes no permit", "[coro]") {
    run_virtually([](loop&) -> task<> {
        semaphore permits(0);
        std::error_code first;
        std::error_code second;
        const auto waiter = [&](std::error_code& error) -> task<> {
            co_await permits.acquire(error);
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, waiter(first)));
        group.spawn(waiter(second));
        scope->cancel();
        permits.release();
        co_await group.join();
        CHECK(first == std::errc::operation_canceled);
        CHECK_FALSE(second);
        CHECK(permits.available() == 0);
        permits.release();
        cancel_scope cancelled;
        cancelled.cancel();
        co_await permits.acquire(first);
        CHECK(first == std::errc::operation_canceled);
        CHECK(permits.available() == 1);
    });
}

TEST_CASE("an acquire that was given a permit and is cancelled in the same turn keeps it",
          "[coro]") {
    run_virtually([](loop&) -> task<> {
        semaphore permits(0);
        std::error_code error = std::make_error_code(std::errc::io_error);
        const auto waiter = [&]() -> task<> {
            co_await permits.acquire(error);
            permits.release();
        };
        cancel_scope* scope = nullptr;
        joinable_task_group group;
        group.spawn(cancellable(scope, waiter()));
        permits.release();
        scope->cancel();
        co_await group.join();
        CHECK_FALSE(error);
        CHECK(permits.available() == 1);
    });
}

TEST_CASE("a cancelled acquire throws under its name", "[coro]") {
    run_virtually([](loop&) -> task<> {
        semaphore permits(1);
        cancel_scope scope(0s);
        std::string text;
        try {
            co_await ringlet::sleep_for(1s);
        } catch (const std::system_error&) {
            CHECK(scope.cancelled());
        }
        try {
            co_await permits.acquire();
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::timed_out);
            text = error.what();
        }
        CHECK(text.find("semaphore::acquire") == 0);
    });
}

TEST_CASE("acquires that find a permit let others go on", "[coro]") {
    run_virtually([](loop&) -> task<> {
        semaphore permits(1);
        const auto again = [&]() -> task<> {
            co_await permits.acquire();
            permits.release();
        };
        const bool gone_on = co_await others_go_on(again);
        CHECK(gone_on);
        CHECK(permits.available() == 1);
    });
}

TEST_CASE("a semaphore is waited for in a loop only", "[coro]") {
    semaphore permits(1);
    CHECK_THROWS_AS(permits.acquire(), std::logic_error);
    CHECK(permits.try_acquire());
}

TEST_CASE("a semaphore destroyed while someone waits for it ends the program with a sentence",
          "[coro]") {
    const child_end end = run_in_child([] {
        ringlet::block_on([]() -> task<> {
            std::optional<semaphore> permits(std::in_place, 0U);
            const auto waiter = [&]() -> task<> { co_await permits->acquire(); };
            joinable_task_group group;
            group.spawn(waiter());
            permits.reset();
            co_return;
        }());
        return 0;
    });
    INFO(end.text);
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("something was destroyed while a coroutine waited for it"));
}

TEST_CASE("a permit that is held is given back however its block ends", "[coro]") {
    run_virtually([](loop& /*owner*/) -> task<> {
        semaphore permits(1);
        try {
            const semaphore::permit held = co_await permits.hold();
            CHECK(held);
            CHECK(permits.available() == 0);
            CHECK_FALSE(permits.try_hold());
            throw std::runtime_error("out of order");
        } catch (const std::runtime_error&) {
            CHECK(permits.available() == 1);
        }
        semaphore::permit held = permits.try_hold();
        const semaphore::permit moved = std::move(held);
        held.release();  // NOLINT(bugprone-use-after-move): what is tested
        CHECK(permits.available() == 0);
        held = semaphore::permit();
        CHECK(moved);
    });
}

TEST_CASE("a wait for a permit that is cancelled holds nothing", "[coro]") {
    run_virtually([](loop& /*owner*/) -> task<> {
        semaphore permits(1);
        semaphore::permit held = co_await permits.hold();
        {
            const cancel_scope limit(1s);
            std::error_code error;
            const semaphore::permit late = co_await permits.hold(error);
            CHECK(error == std::errc::timed_out);
            CHECK_FALSE(late);
        }
        held.release();
        CHECK(permits.available() == 1);
        const semaphore::permit again = co_await permits.hold();
        CHECK(again);
    });
}

}  // namespace tests::coro_semaphore
