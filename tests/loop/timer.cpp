#include "catch.hpp"
#include "forked_child.hpp"

#include <ringlet/loop/timer_queue.hpp>

using namespace std::chrono_literals;

namespace {

struct silent_timer final : ringlet::timer {
    void expire() override {}
};

}  // namespace

TEST_CASE("a timer knows its deadline, and can be armed again once it is disarmed", "[loop]") {
    ringlet::timer_queue queue;
    silent_timer one;
    queue.arm(one, ringlet::timer::time_point(5s));
    CHECK(one.deadline() == ringlet::timer::time_point(5s));
    CHECK(queue.disarm(one));
    queue.arm(one, ringlet::timer::time_point(7s));
    CHECK(one.deadline() == ringlet::timer::time_point(7s));
    CHECK(queue.disarm(one));
}

TEST_CASE("arming a timer twice ends the program", "[loop]") {
    const child_end end = run_in_child([] {
        ringlet::timer_queue queue;
        silent_timer one;
        queue.arm(one, ringlet::timer::time_point(5s));
        queue.arm(one, ringlet::timer::time_point(5s));
        return 0;
    });
    CHECK(end.killed_by(SIGABRT));
    CHECK(end.says("a timer was armed twice"));
}
