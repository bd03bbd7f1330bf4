#include "catch.hpp"
#include "forked_child.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/testing/simulate.hpp>

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

namespace tests::testing_run_watch {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::simulate;
using ringlet::testing::simulation;

namespace {

/// The end of a child that does `end_program()` in a simulation, under seed 3.
template <class EndProgram>
child_end end_by(EndProgram end_program) {
    return run_in_child([&] {
        simulate({.seeds = 10, .blocked_max = 1s}, [&](simulation& sim) -> task<> {
            co_await ringlet::sleep_for(1s);
            if (sim.seed() == 3)
                co_await end_program();
        });
        return 0;
    });
}

/// Uses up the stack.
int recurse(int depth) {
    volatile char room[4096] = {};
    room[depth % 4096] = 1;
    return depth < 0 ? 0 : recurse(depth + 1) + room[0];
}

constexpr const char* last_words =
    "ringlet: this happened in a simulation, under seed 3; to repeat "
    "it:\n    RINGLET_SEED=3 ";

}  // namespace

TEST_CASE("a crash in a simulation says under which seed", "[testing]") {
    const child_end aborted = end_by([]() -> task<> {
        std::abort();
        co_return;
    });
    CHECK(aborted.killed_by(SIGABRT));
    CHECK(aborted.says(last_words));
    CHECK(aborted.says("ringlet-tests"));
    if (under_sanitizer)
        return;  // it reports such faults itself, and ends the program with a status
    const child_end faulted = end_by([]() -> task<> {
        *static_cast<volatile int*>(nullptr) = 1;
        co_return;
    });
    CHECK(faulted.killed_by(SIGSEGV));
    CHECK(faulted.says(last_words));
    const child_end overflown = end_by([]() -> task<> {
        recurse(1);
        co_return;
    });
    CHECK(overflown.killed_by(SIGSEGV));
    CHECK(overflown.says(last_words));
}

TEST_CASE("a crash after a simulation has nothing to do with its seed", "[testing]") {
    const child_end aborted = run_in_child([] {
        simulate({.seeds = 3}, [](simulation& /*sim*/) -> task<> { co_return; });
        std::abort();
        return 0;
    });
    CHECK(aborted.killed_by(SIGABRT));
    CHECK_FALSE(aborted.says("seed"));
}

TEST_CASE("what blocks the one thread ends the program, with a sentence", "[testing]") {
    const child_end blocked = end_by([]() -> task<> {
        ::pause();
        co_return;
    });
    CHECK(blocked.killed_by(SIGABRT));
    CHECK(blocked.says("ringlet: a simulated handler blocks its thread "
                       "(simulate_options::blocked_max); what it calls has to be awaited, or given "
                       "to offload\n"));
    CHECK(blocked.says(last_words));
    const child_end offloaded =
        end_by([]() -> task<> { co_await ringlet::offload([] { ::pause(); }); });
    CHECK(offloaded.killed_by(SIGABRT));
    CHECK(offloaded.says("ringlet: a function that was given to offload blocks the simulation "
                         "(simulate_options::blocked_max); it runs in the one thread that there "
                         "is, and can wait for no other thread or task\n"));
    CHECK(offloaded.says(last_words));
}

}  // namespace tests::testing_run_watch
