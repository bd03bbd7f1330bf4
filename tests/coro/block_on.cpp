#include "captured_log.hpp"
#include "catch.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace tests::coro_block_on {

using ringlet::block_on;
using ringlet::loop;
using ringlet::task;

namespace {

template <class T>
task<T> give(T value) {
    co_await ringlet::yield();
    co_return std::move(value);
}

task<int&> refer(int& value) {
    co_await ringlet::yield();
    co_return value;
}

template <class Exception>
task<int> fail_with(Exception exception) {
    co_await ringlet::yield();
    throw exception;
}

task<> note(bool& begun) {
    begun = true;
    co_return;
}

}  // namespace

TEST_CASE("block_on gives the result of a task, whatever its type", "[coro]") {
    loop owner;
    CHECK(block_on(owner, give(42)) == 42);
    CHECK(block_on(owner, give(std::string(100, 'x'))) == std::string(100, 'x'));
    CHECK(*block_on(owner, give(std::make_unique<int>(7))) == 7);
    int number = 1;
    CHECK(&block_on(owner, refer(number)) == &number);
    bool begun = false;
    block_on(owner, note(begun));
    CHECK(begun);
}

TEST_CASE("block_on throws what the task threw, and the loop can be used again", "[coro]") {
    loop owner;
    CHECK_THROWS_AS(block_on(owner, fail_with(std::out_of_range("far out"))), std::out_of_range);
    CHECK_THROWS_AS(block_on(owner, fail_with(17)), int);
    CHECK(block_on(owner, give(1)) == 1);
}

TEST_CASE("what posted work throws under block_on goes to the log, and the loop goes on",
          "[coro]") {
    captured_log log;
    loop owner;
    int ran = 0;
    const auto wait_for_it = [&]() -> task<int> {
        owner.post([] { throw std::runtime_error("from the work"); });
        owner.post([] { throw 17; });
        owner.post([&] { ++ran; });
        while (ran == 0)
            co_await ringlet::yield();
        co_return 3;
    };
    CHECK(block_on(owner, wait_for_it()) == 3);
    CHECK(log.text() ==
          "ringlet: what was posted to a loop failed level=error error=\"from the work\"\n"
          "ringlet: what was posted to a loop failed level=error error=\"an exception that is no "
          "std::exception\"\n");
    owner.post([] { throw std::runtime_error("for the caller"); });
    CHECK_THROWS_WITH(owner.run(), "for the caller");
}

TEST_CASE("block_on without a loop makes one of its own", "[coro]") {
    CHECK(block_on(give(std::string("alone"))) == "alone");
    CHECK_THROWS_AS(block_on(fail_with(1.5)), double);
    CHECK(loop::current() == nullptr);
}

TEST_CASE("block_on refuses a thread that is not the loop's, and begins nothing", "[coro]") {
    loop owner;
    bool begun = false;
    bool refused = false;
    std::thread([&] {
        try {
            block_on(owner, note(begun));
        } catch (const std::logic_error&) {
            refused = true;
        }
    }).join();
    CHECK(refused);
    CHECK_FALSE(begun);
}

TEST_CASE("block_on refuses to run inside the same loop", "[coro]") {
    loop owner;
    bool begun = false;
    const auto nest = [&]() -> task<> {
        CHECK_THROWS_AS(block_on(owner, note(begun)), std::logic_error);
        co_return;
    };
    block_on(owner, nest());
    CHECK_FALSE(begun);
}

TEST_CASE("block_on may run another loop inside a loop", "[coro]") {
    loop outer;
    const auto nest = [&]() -> task<> {
        loop inner;
        const auto current = []() -> task<loop*> {
            co_await ringlet::yield();
            co_return loop::current();
        };
        CHECK(block_on(inner, current()) == &inner);
        CHECK(loop::current() == &outer);
        co_await ringlet::yield();
        CHECK(loop::current() == &outer);
    };
    block_on(outer, nest());
}

TEST_CASE("what else lives in the loop goes on while block_on waits", "[coro]") {
    loop owner(std::make_unique<virtual_time_ring>());
    bool posted = false;
    owner.post([&] { posted = true; });
    owner.stop();  // this ends `run`, and nothing else
    block_on(owner, []() -> task<> { co_await ringlet::sleep_for(std::chrono::hours(1)); }());
    CHECK(posted);
}

}  // namespace tests::coro_block_on
