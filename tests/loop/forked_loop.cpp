// Loops in a process that was forked after they were made, as daemon(3) does.

#include "catch.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/loop/loop.hpp>

#include <optional>
#include <stdexcept>
#include <string>

namespace tests::loop_forked_loop {

using namespace std::chrono_literals;
using ringlet::loop;
using ringlet::task;

namespace {

task<> sleep_a_little() {
    co_await ringlet::sleep_for(1ms);
}

}  // namespace

TEST_CASE("a loop that was made before a fork says so in the child, and goes on in the parent",
          "[loop]") {
    std::optional<loop> owner(std::in_place);
    const bool has_run = GENERATE(false, true);
    if (has_run)
        run_coroutine(*owner, sleep_a_little);
    const child_end end = run_in_child([&] {
        std::string refused;
        try {
            run_coroutine(*owner, sleep_a_little);
        } catch (const std::logic_error& error) {
            refused = error.what();
        }
        try {
            owner->run();
            return 1;
        } catch (const std::logic_error& error) {
            if (refused != error.what() || refused.find("before a fork") == std::string::npos)
                return 2;
        }
        owner.reset();
        owner.emplace();
        run_coroutine(*owner, sleep_a_little);
        return 0;
    });
    INFO(end.text);
    CHECK(end.exited_with(0));
    run_coroutine(*owner, sleep_a_little);
}

}  // namespace tests::loop_forked_loop
