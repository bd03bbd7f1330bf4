#include "captured_log.hpp"
#include "catch.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/base/log_throttle.hpp>

#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tests::base_log_throttle {

using namespace std::chrono_literals;
using ringlet::log_level;
using ringlet::log_throttle;

namespace {

using lines = std::vector<std::string>;

/// All that has been reported or counted, from the lines.
std::uint64_t events_in(const lines& all) {
    constexpr std::string_view name = "suppressed=";
    std::uint64_t events = 0;
    for (const std::string& line : all) {
        events += line.find("number=") != line.npos ? 1U : 0U;
        if (const auto found = line.find(name); found != line.npos)
            events += std::stoull(line.substr(found + name.size()));
    }
    return events;
}

}  // namespace

TEST_CASE("a burst is reported; what is too much is counted, and told with the next report",
          "[base]") {
    const captured_log log;
    log_throttle failures(log_level::error, "failed", {.burst = 3, .interval = 10s});
    const log_throttle::clock::time_point start{1h};
    for (int i = 0; i < 7; ++i)
        failures.report({{"number", i}}, start);
    CHECK(log.lines() == lines{"ringlet: failed level=error number=0\n",
                               "ringlet: failed level=error number=1\n",
                               "ringlet: failed level=error number=2\n"});
    failures.report({{"number", "7"}}, start + 10s - 1ns);
    CHECK(log.lines().size() == 3);
    failures.report({{"number", "8"}}, start + 10s);
    CHECK(log.lines().back() == "ringlet: failed level=error number=8 suppressed=5\n");
    failures.report({{"number", "9"}}, start + 10s);
    failures.report({{"number", "10"}}, start + 20s);
    CHECK(log.lines().back() == "ringlet: failed level=error number=10 suppressed=1\n");
    CHECK(log.levels() == std::vector(5, log_level::error));
}

TEST_CASE("after a quiet time a whole burst may come again, and no more", "[base]") {
    const captured_log log;
    log_throttle failures(log_level::error, "failed", {.burst = 3, .interval = 10s});
    log_throttle::clock::time_point now{1h};
    for (int round = 1; round <= 3; ++round, now += 30s * round) {
        for (int i = 0; i < 5; ++i)
            failures.report({}, now);
        CHECK(log.lines().size() == 3 * static_cast<std::size_t>(round));
    }
}

TEST_CASE("what comes steadily at the rate is all reported", "[base]") {
    const captured_log log;
    log_throttle failures(log_level::error, "failed", {.burst = 1, .interval = 10ms});
    for (int i = 0; i < 1000; ++i)
        failures.report({}, log_throttle::clock::time_point(1h + i * 10ms));
    CHECK(log.lines().size() == 1000);
}

TEST_CASE("what was suppressed last is told when the throttle is flushed or ends", "[base]") {
    const captured_log log;
    std::optional<log_throttle> failures(std::in_place, log_level::error, "failed",
                                         ringlet::log_throttle_options{.burst = 1, .interval = 1h});
    failures->flush();
    for (int i = 0; i < 3; ++i)
        failures->report();
    failures->flush();
    failures->flush();
    CHECK(log.lines() ==
          lines{"ringlet: failed level=error\n", "ringlet: failed level=error suppressed=2\n"});
    failures->report();
    failures.reset();
    CHECK(log.lines().back() == "ringlet: failed level=error suppressed=1\n");
    CHECK(log.lines().size() == 3);
}

TEST_CASE("by default ten reports come at once, and one a second", "[base]") {
    const captured_log log;
    log_throttle failures(log_level::error, "failed");
    const log_throttle::clock::time_point start{1h};
    for (int i = 0; i < 1000; ++i)
        failures.report({}, start);
    CHECK(log.lines().size() == 10);
    for (int i = 0; i < 100; ++i)
        failures.report({}, start + i * 100ms);
    CHECK(log.lines().size() == 10 + 9);
}

TEST_CASE("threads share a throttle: no event is lost, and no report too many", "[base]") {
    constexpr int threads = 4;
    constexpr int each = 5'000;
    const captured_log log;
    {
        log_throttle failures(log_level::error, "failed", {.burst = 20, .interval = 1h});
        std::vector<std::jthread> together;
        for (int i = 0; i < threads; ++i)
            together.emplace_back([&failures] {
                for (int event = 0; event < each; ++event)
                    failures.report({{"number", "1"}});
            });
    }
    CHECK(log.lines().size() == 20 + 1);
    CHECK(events_in(log.lines()) == threads * each);
}

TEST_CASE("a throttle goes by the time of the simulation that it is in", "[base]") {
    const captured_log log;
    scripted_stand_in simulation;
    simulation.time = log_throttle::clock::time_point(1h);
    log_throttle failures(log_level::error, "failed", {.burst = 1, .interval = 10s});
    failures.report({{"number", 1}});
    failures.report({{"number", 2}});
    CHECK(log.lines().size() == 1);
    simulation.time += 10s;
    failures.report({{"number", 3}});
    REQUIRE(log.lines().size() == 2);
    CHECK(log.lines().back().find("number=3 suppressed=1") != std::string::npos);
}

}  // namespace tests::base_log_throttle
