#include "testing/detail/simulation_run.hpp"
#include "catch.hpp"
#include "testing/echo_service.hpp"

#include <set>

namespace tests::testing_simulation_run {

using ringlet::task;
using ringlet::testing::simulation;
using namespace ringlet::testing::detail;

namespace {

run_outcome run(std::uint64_t seed, bool records = false) {
    const ringlet::testing::simulate_options options;
    world_options of_world;
    of_world.seed = seed;
    of_world.records = records;
    simulation_run one(options, of_world);
    return one.run([](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        for (const char* const name : {"one", "other"})
            sim.host(name).spawn([]() -> task<> {
                std::error_code error;
                auto server = co_await ringlet::connect("server", echo_port, {}, error);
                if (!error)
                    static_cast<void>(co_await ask_patiently(server, "hello"));
            });
        co_await sim.calm();
    });
}

}  // namespace

TEST_CASE("a seed gives one run, and another seed another", "[testing]") {
    std::set<std::uint64_t> digests;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const run_outcome first = run(seed);
        CHECK(first.failure.empty());
        CHECK(first.trace().empty());
        const run_outcome second = run(seed, true);
        CHECK(second.digest == first.digest);
        CHECK(second.steps == first.steps);
        CHECK(second.simulated == first.simulated);
        CHECK(second.trace() == run(seed, true).trace());
        CHECK(second.trace().size() > 2);
        digests.insert(first.digest);
    }
    CHECK(digests.size() == 20);
}

}  // namespace tests::testing_simulation_run
