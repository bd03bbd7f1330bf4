#include "captured_log.hpp"
#include "catch.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/testing/simulate.hpp>

#include <string>
#include <vector>

namespace tests::testing_always {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::always;
using ringlet::testing::reached;
using ringlet::testing::simulate;
using ringlet::testing::simulation;
using ringlet::testing::sometimes;

TEST_CASE("what does not hold throws, outside of a simulation too", "[testing]") {
    CHECK_NOTHROW(always(true, "it holds"));
    CHECK_THROWS_AS(always(false, "it holds"), ringlet::testing::violation);
    CHECK_THROWS_WITH(always(false, "it holds"), StartsWith("it holds does not hold, at "));
    CHECK_NOTHROW(sometimes(false, "rare"));
    CHECK_NOTHROW(reached("this"));
}

TEST_CASE("what does not hold in a handler fails the simulation, though its server goes on",
          "[testing]") {
    const captured_log log;
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        sim.host("server").spawn([]() -> task<> {
            ringlet::tcp_server server(":7", [](ringlet::stream& /*client*/) -> task<> {
                always(false, "a handler is never called");
                co_return;
            });
            co_await server.serve();
        });
        sim.host("client").spawn([]() -> task<> {
            auto server = co_await ringlet::connect("server", 7);
            static_cast<void>(co_await ask_for_echo(server, "hello"));
        });
        co_await sim.calm();
    });
    CHECK(failed.says("seed 1: a handler is never called does not hold, at "));
}

TEST_CASE("a campaign tells what was never true, and fails where that was expected", "[testing]") {
    const auto body = [](simulation& sim) -> task<> {
        sometimes(sim.seed() == 3, "the seed is 3");
        sometimes(sim.seed() == 30, "the seed is 30");
        always(sim.seed() > 0, "a seed is more than 0");
        if (sim.seed() == 4)
            reached("the fourth seed");
        co_return;
    };
    std::vector<std::string> never;
    const auto passed = failure_of([&] {
        const auto report = simulate(
            {.seeds = 5, .expected = {"the seed is 3", "the fourth seed", "a seed is more than 0"}},
            body);
        never = report.never;
        return report;
    });
    CHECK(passed.text.empty());
    CHECK(never == std::vector<std::string>{"the seed is 30"});
    CHECK(passed.written == "ringlet: these were never reached in a campaign of 5 seeds:\n"
                            "    the seed is 30\n");

    const auto failed = failure_of([&] {
        return simulate({.seeds = 3, .expected = {"the seed is 3", "the fourth seed", "misspelt"}},
                        body);
    });
    CHECK(failed.text == "a campaign of 3 seeds has never reached what was expected:\n"
                         "    the fourth seed\n    misspelt\n");
}

TEST_CASE("one campaign knows nothing of those before", "[testing]") {
    const auto body = [](simulation& /*sim*/) -> task<> {
        reached("the body");
        co_return;
    };
    const auto empty = [](simulation& /*sim*/) -> task<> { co_return; };
    simulate({.seeds = 1, .expected = {"the body"}}, body);
    CHECK(failure_of([&] {
              return simulate({.seeds = 1, .expected = {"the body"}}, empty);
          }).says("the body"));
}

}  // namespace tests::testing_always
