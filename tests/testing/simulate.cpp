#include "captured_log.hpp"
#include "catch.hpp"
#include "environment_variable.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/testing/simulate.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::testing_simulate {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fail_each_operation;
using ringlet::testing::simulate;
using ringlet::testing::simulate_options;
using ringlet::testing::simulation;

namespace {

/// The seeds under which a scenario is run.
std::set<std::uint64_t> seeds_of(const simulate_options& options) {
    std::set<std::uint64_t> seeds;
    simulate(options, [&](simulation& sim) -> task<> {
        seeds.insert(sim.seed());
        co_return;
    });
    return seeds;
}

task<> nothing(simulation& /*sim*/) {
    co_return;
}

using seed_set = std::set<std::uint64_t>;

}  // namespace

TEST_CASE("the text of a failure has the seed, the reason and the command that repeats it",
          "[testing]") {
    const failed_simulation failed = failure_of([] {
        return simulate({.seeds = 10}, [](simulation& sim) -> task<> {
            ringlet::testing::always(sim.seed() != 3, "the seed is not 3");
            co_return;
        });
    });
    CHECK(failed.seed == 3);
    CHECK(failed.says("a simulation failed under seed 3: the seed is not 3 does not hold, at "));
    CHECK(failed.says("testing/simulate.cpp:"));
    CHECK(failed.says("to repeat it:\n    RINGLET_SEED=3 "));
    CHECK(failed.says("ringlet-tests"));
    CHECK(failed.says("the end of the trace"));
    CHECK(failed.written == failed.text);
}

TEST_CASE("seeds are tried from the first one on, as the options and the environment say",
          "[testing]") {
    const environment_variable no_count("RINGLET_SEEDS", nullptr);
    const environment_variable no_first("RINGLET_FIRST_SEED", nullptr);
    const environment_variable no_seed("RINGLET_SEED", nullptr);
    CHECK(seeds_of({.seeds = 3}) == seed_set{1, 2, 3});
    CHECK(seeds_of({.seeds = 2, .first_seed = 40}) == seed_set{40, 41});
    {
        const environment_variable count("RINGLET_SEEDS", "4");
        CHECK(seeds_of({.seeds = 2}) == seed_set{1, 2, 3, 4});
        const environment_variable first("RINGLET_FIRST_SEED", "7");
        CHECK(seeds_of({.seeds = 2}) == seed_set{7, 8, 9, 10});
        const environment_variable seed("RINGLET_SEED", "18446744073709551615");
        CHECK(seeds_of({.seeds = 2}) == seed_set{18'446'744'073'709'551'615U});
    }
    const environment_variable duration("RINGLET_SIMULATE_FOR", "1");
    CHECK(seeds_of({.seeds = 1}).size() > 1);
}

TEST_CASE("a seed that is no number is refused by its name", "[testing]") {
    const char* const name =
        GENERATE("RINGLET_SEED", "RINGLET_SEEDS", "RINGLET_FIRST_SEED", "RINGLET_SIMULATE_FOR");
    for (const char* const text : {"", "seven", "-1", "1 ", "0x10", "18446744073709551616"}) {
        CAPTURE(name, text);
        const environment_variable wrong(name, text);
        CHECK_THROWS_WITH(simulate({}, nothing),
                          std::string(name) + " must be a number, not \"" + text + "\"");
    }
}

TEST_CASE("options that would test nothing, or never end, are refused", "[testing]") {
    CHECK_THROWS_AS(simulate({.seeds = 0}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.run_for = -1s}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.time_max = 0s}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.steps_max = 0}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.chaos_time = -1s}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.calm_max = 0s}, nothing), std::invalid_argument);
    CHECK_THROWS_AS(simulate({.blocked_max = 0s}, nothing), std::invalid_argument);
    const environment_variable too_long("RINGLET_SIMULATE_FOR", "18446744073709551615");
    CHECK_THROWS_AS(simulate({}, nothing), std::invalid_argument);
}

TEST_CASE("a report has the seeds, the runs, and the time that has passed in them", "[testing]") {
    const auto report =
        simulate({.seeds = 20, .repeat_each = 10},
                 [](simulation& /*sim*/) -> task<> { co_await ringlet::sleep_for(1h); });
    CHECK(report.seeds == 20);
    CHECK(report.runs == 22);
    CHECK(report.steps > 22);
    CHECK(report.simulated > 22h);
    CHECK(report.simulated < 23h);
}

TEST_CASE("a scenario and a task that throw fail with their text", "[testing]") {
    const auto thrown = failure_without_faults([](simulation& /*sim*/) -> task<> {
        throw std::runtime_error("out of cheese");
        co_return;
    });
    CHECK(thrown.says("the scenario failed: "));
    CHECK(thrown.says("out of cheese"));
    const auto on_host = failure_without_faults([](simulation& sim) -> task<> {
        co_await sim.host("kitchen")
            .spawn([]() -> task<> {
                throw std::runtime_error("out of milk");
                co_return;
            })
            .join();
    });
    CHECK(on_host.says("a task on host kitchen failed: "));
    CHECK(on_host.says("out of milk"));
}

TEST_CASE("a standstill fails with all that waits, and the sockets", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        ringlet::event never;
        co_await never.wait();
    });
    CHECK(failed.says("standstill: nothing can happen any more, and the scenario waits"));
    CHECK(failed.says("host scenario:"));
    CHECK(failed.says("\n    simulate.cpp:"));
    CHECK(failed.says("host server:"));
    CHECK(failed.says("sockets:\nserver:  tcp 0.0.0.0:7 listens"));
}

TEST_CASE("a run that goes on without an end fails at its limits", "[testing]") {
    const auto turning = failure_of([] {
        return simulate({.seeds = 1, .steps_max = 1000}, [](simulation& /*sim*/) -> task<> {
            for (;;)
                co_await ringlet::yield();
        });
    });
    CHECK(turning.says("more than 1000 steps (simulate_options::steps_max)"));
    const auto waiting = failure_of([] {
        return simulate({.seeds = 1, .time_max = 1h},
                        [](simulation& /*sim*/) -> task<> { co_await ringlet::sleep_for(2h); });
    });
    CHECK(waiting.says("more than 3600.000000000 s of simulated time "
                       "(simulate_options::time_max)"));
}

TEST_CASE("a run that depends on a static variable is found", "[testing]") {
    bool first = true;  // as a cache that is filled once
    const auto failed = failure_of([&] {
        return simulate({.seeds = 100}, [&](simulation& sim) -> task<> {
            if (std::exchange(first, false))
                sim.note("the cache is filled");
            co_await ringlet::sleep_for(1s);
        });
    });
    CHECK(failed.seed == 1);
    CHECK(failed.says("two runs under seed 1 were not the same"));
    CHECK(failed.says("static variable"));
    CHECK(failed.says("the cache is filled\n    second: "));
}

TEST_CASE("a run that differs in nothing but time is found", "[testing]") {
    int runs = 0;
    const auto failed = failure_of([&] {
        return simulate({.seeds = 1}, [&](simulation& /*sim*/) -> task<> {
            co_await ringlet::sleep_for(std::chrono::nanoseconds(++runs));
        });
    });
    CHECK(failed.says("Their traces are the same; they differ in when loops were turned"));
    CHECK(failed.says("first:  ends after 0.00000"));
}

TEST_CASE("a run that draws another number of numbers is found", "[testing]") {
    int runs = 0;
    const auto failed = failure_of([&] {
        return simulate({.seeds = 1}, [&](simulation& sim) -> task<> {
            for (int i = ++runs; i > 0; --i)
                static_cast<void>(sim.random()());
            co_return;
        });
    });
    CHECK(failed.says("two runs under seed 1 were not the same"));
}

TEST_CASE("a failure that does not come again says so", "[testing]") {
    int runs = 0;
    const auto failed = failure_of([&] {
        return simulate({.seeds = 1, .shrink = false}, [&](simulation& /*sim*/) -> task<> {
            ringlet::testing::always(++runs > 1, "it has run before");
            co_return;
        });
    });
    CHECK(failed.says("the run is not the same each time: once more, it passed"));
}

TEST_CASE("a simulation within a simulation is refused", "[testing]") {
    const auto failed = failure_without_faults([](simulation& /*sim*/) -> task<> {
        simulate({.seeds = 1}, nothing);
        co_return;
    });
    CHECK(failed.says("a simulation runs already in this thread"));
    CHECK(simulate({.seeds = 1}, nothing).seeds == 1);
}

TEST_CASE("each operation of a scenario fails once, and its error passes", "[testing]") {
    const captured_log log;
    std::set<std::string> errors;
    int echoes = 0;
    const auto report = fail_each_operation({}, [&](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        sim.host("client").spawn([&]() -> task<> {
            try {
                auto server = co_await ringlet::connect("server", echo_port);
                echoes += co_await ask_for_echo(server, "hello") == "hello" ? 1 : 0;
            } catch (const std::system_error& error) {
                errors.insert(std::string(error.what()).substr(0, 4));
                throw;
            }
        });
        co_await sim.calm();
    });
    CHECK(report.seeds == 1);
    CHECK(report.runs > 6);  // accept, connect, two sends, two receives
    CHECK(errors == std::set<std::string>{"cann", "recv", "send"});
    CHECK(echoes > 1);
}

TEST_CASE("what an operation that fails leaves behind is found", "[testing]") {
    const auto failed = failure_of([] {
        return fail_each_operation({}, [](simulation& sim) -> task<> {
            sim.host("server").spawn(serve_echo);
            auto server = co_await ringlet::connect("server", echo_port);
            std::error_code error;
            co_await server.send_all("hello", error);
            if (error)
                static_cast<void>(server.release().release());  // a descriptor that nobody closes
        });
    });
    CHECK(failed.says("sockets were left open:\nscenario:  tcp "));
    CHECK(failed.says("the operation that was made to fail: number "));
}

}  // namespace tests::testing_simulate
