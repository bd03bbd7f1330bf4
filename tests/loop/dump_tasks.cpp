#include "catch.hpp"
#include "co_await_line.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/dump_tasks.hpp>

#include <chrono>
#include <sstream>
#include <string>

namespace tests::loop_dump_tasks {

using namespace std::chrono_literals;
using ringlet::task;

namespace {

unsigned waiting_line = 0;

task<> wait_patiently() {
    waiting_line = co_await_line(__LINE__ + 1);
    co_await ringlet::sleep_for(1h);
}

struct waiter {
    static task<> wait(int /*unused*/) { co_await wait_patiently(); }
};

}  // namespace

TEST_CASE("the dump tells where and how long each coroutine has waited", "[loop]") {
    run_virtually([&](ringlet::loop& owner) -> task<> {
        ringlet::detail::joinable_task_group group;
        group.spawn(waiter::wait(1));
        co_await ringlet::sleep_for(12'034ms);
        std::ostringstream out;
        ringlet::dump_tasks(owner, out);
        const std::string text = out.str();
        INFO(text);
        CHECK(text.find("1 waiting, ") != std::string::npos);
        CHECK(text.find("for 12.034 s\n    dump_tasks.cpp:" + std::to_string(waiting_line) +
                        "  ") != std::string::npos);
        CHECK(text.find("wait_patiently()\n") != std::string::npos);
        CHECK(text.find("waiter::wait(int)\n") != std::string::npos);
        CHECK(text.find("Frame*") == std::string::npos);  // GCC's own name for a coroutine
        group.cancel();
        co_await group.join();
    });
}

TEST_CASE("the dump of a loop in which nobody waits says so", "[loop]") {
    ringlet::loop owner;
    std::ostringstream out;
    ringlet::dump_tasks(owner, out);
    CHECK(out.str() ==
          "ringlet: 0 waiting, 0 operations in flight, 0 turns, longest run 0.000 s\n");
}

}  // namespace tests::loop_dump_tasks
