#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/loop/detail/timer_queue.hpp>

namespace tests::loop_timer {

using namespace std::chrono_literals;

namespace {

struct silent_timer final : ringlet::detail::timer {
    void expire() override {}
};

}  // namespace

TEST_CASE("a timer knows its deadline, and can be armed again once it is disarmed", "[loop]") {
    ringlet::detail::timer_queue queue;
    silent_timer one;
    queue.arm(one, ringlet::detail::timer::time_point(5s));
    CHECK(one.deadline() == ringlet::detail::timer::time_point(5s));
    CHECK(queue.disarm(one));
    queue.arm(one, ringlet::detail::timer::time_point(7s));
    CHECK(one.deadline() == ringlet::detail::timer::time_point(7s));
    CHECK(queue.disarm(one));
}

TEST_CASE("arming a timer twice ends the program", "[loop]") {
    const child_end end = run_in_child([] {
        ringlet::detail::timer_queue queue;
        silent_timer one;
        queue.arm(one, ringlet::detail::timer::time_point(5s));
        queue.arm(one, ringlet::detail::timer::time_point(5s));
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a timer was armed twice"));
}

}  // namespace tests::loop_timer
