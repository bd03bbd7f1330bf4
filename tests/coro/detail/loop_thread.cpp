#include "coro/detail/loop_thread.hpp"
#include "catch.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <future>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace tests::coro_loop_thread {

using ringlet::loop;
using ringlet::task;
using ringlet::detail::loop_thread;

namespace {

/// A coroutine that waits until it is told to end, in whichever loop it runs.
struct waiting_body {
    task<> run() {
        ringlet::event told;
        own = loop::current();
        thread = std::this_thread::get_id();
        end = [this, &told] { own->post([&] { told.set(); }); };
        co_await told.wait();
        co_await ringlet::yield();
        ended = true;
    }

    loop* own = nullptr;
    std::thread::id thread;
    std::function<void()> end;
    bool ended = false;
};

}  // namespace

TEST_CASE("a loop_thread has begun its coroutine, in a thread and a loop of its own", "[coro]") {
    waiting_body body;
    loop_thread thread({}, {}, [&] { return body.run(); });
    REQUIRE(body.own != nullptr);
    CHECK(body.thread != std::this_thread::get_id());
    body.end();
    thread.join();
    CHECK(body.ended);
    thread.join();
}

TEST_CASE("the end of a loop_thread is that of its coroutine", "[coro]") {
    waiting_body body;
    {
        const loop_thread thread({}, {}, [&] { return body.run(); });
        body.end();
    }
    CHECK(body.ended);
}

TEST_CASE("a coroutine that does not wait ends a loop_thread at once", "[coro]") {
    bool ran = false;
    loop_thread({}, {}, [&]() -> task<> {
        ran = true;
        co_return;
    });
    CHECK(ran);
}

TEST_CASE("a loop_thread whose loop cannot be made throws the reason", "[coro]") {
    ringlet::loop_options wrong;
    wrong.ring.submission_entries = 0;
    bool ran = false;
    const auto start = [&] {
        const loop_thread thread(wrong, {}, [&]() -> task<> {
            ran = true;
            co_return;
        });
    };
    CHECK_THROWS_AS(start(), std::invalid_argument);
    CHECK_FALSE(ran);
}

TEST_CASE("in a simulation a loop_thread is a loop that the simulation turns", "[coro]") {
    scripted_stand_in simulation;
    waiting_body body;
    {
        loop_thread thread({}, 0, [&] { return body.run(); });
        REQUIRE(body.own != nullptr);
        CHECK(body.thread == std::this_thread::get_id());
        CHECK(simulation.loops == std::vector{&body.own->core()});
        CHECK(simulation.rings == 1);
        body.end();
        CHECK_FALSE(body.ended);
        thread.join();
        CHECK(body.ended);
        CHECK(simulation.loops.empty());
        thread.join();
    }
}

TEST_CASE("the end of a loop_thread in a simulation has the other loops go on", "[coro]") {
    scripted_stand_in simulation;
    waiting_body first;
    waiting_body second;
    std::optional<loop_thread> one(std::in_place, ringlet::loop_options(), std::nullopt,
                                   [&] { return first.run(); });
    loop_thread other({}, {}, [&] { return second.run(); });
    first.own->post([&] { second.end(); });
    second.own->post([&] { first.end(); });
    one.reset();  // only the other tells it to end
    CHECK(first.ended);
    other.join();
    CHECK(second.ended);
}

TEST_CASE("a loop that is run in a simulation goes on with what its threads post", "[coro]") {
    scripted_stand_in simulation;
    waiting_body body;
    loop_thread thread({}, {}, [&] { return body.run(); });
    loop owner;
    ringlet::event answered;
    ringlet::block_on(owner, [&]() -> task<> {
        body.own->post([&] { owner.post([&] { answered.set(); }); });
        co_await answered.wait();
    });
    body.end();
    thread.join();
    CHECK(body.ended);
}

}  // namespace tests::coro_loop_thread
