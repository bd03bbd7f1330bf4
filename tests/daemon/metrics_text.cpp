#include "catch.hpp"

#include <ringlet/daemon/metrics_text.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>

namespace tests::daemon_metrics_text {

using namespace std::chrono_literals;
using ringlet::daemon::metric_value;
using ringlet::daemon::metrics_text;

TEST_CASE("the samples of a metric stand together, however they come", "[daemon]") {
    metrics_text out;
    CHECK(out.text().empty());
    out.counter("a_total", "What a counts.", {{"of", "one"}}, 1);
    out.gauge("b_bytes", "What b is.", {}, 2.5);
    out.counter("a_total", "What a counts.", {{"of", "two"}, {"and", "more"}}, std::uint64_t{3});
    CHECK(out.text() == "# HELP a_total What a counts.\n"
                        "# TYPE a_total counter\n"
                        "a_total{of=\"one\"} 1\n"
                        "a_total{of=\"two\",and=\"more\"} 3\n"
                        "# HELP b_bytes What b is.\n"
                        "# TYPE b_bytes gauge\n"
                        "b_bytes 2.5\n");
}

TEST_CASE("what Prometheus would take for syntax is escaped", "[daemon]") {
    metrics_text out;
    out.gauge("a", "One \\ two\n\"three\".", {{"of", "one \\ \"two\"\nthree"}}, 0);
    CHECK(out.text() == "# HELP a One \\\\ two\\n\"three\".\n"
                        "# TYPE a gauge\n"
                        "a{of=\"one \\\\ \\\"two\\\"\\nthree\"} 0\n");
}

TEST_CASE("a histogram counts up to each bound", "[daemon]") {
    ringlet::time_histogram times;
    times.counts.front() = 2;
    times.counts[5] = 3;
    times.counts.back() = 1;
    times.sum = 61s + 500ms;
    metrics_text out;
    out.histogram("turn_seconds", "Turns.", {{"of", "x"}}, times);
    const std::string text = out.text();
    INFO(text);
    const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
    CHECK(has("# TYPE turn_seconds histogram\nturn_seconds_bucket{of=\"x\",le=\"1e-06\"} 2\n"));
    CHECK(has("\nturn_seconds_bucket{of=\"x\",le=\"0.000256\"} 2\n"));
    CHECK(has("\nturn_seconds_bucket{of=\"x\",le=\"0.001024\"} 5\n"));
    CHECK(has("\nturn_seconds_bucket{of=\"x\",le=\"4.194304\"} 5\n"));
    CHECK(has("\nturn_seconds_bucket{of=\"x\",le=\"+Inf\"} 6\n"
              "turn_seconds_sum{of=\"x\"} 61.5\n"
              "turn_seconds_count{of=\"x\"} 6\n"));
}

TEST_CASE("a number is written in full, in whatever locale", "[daemon]") {
    CHECK(metric_value(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
    CHECK(metric_value(-7).text() == "-7");
    CHECK(metric_value(0.1).text() == "0.1");
    CHECK(metric_value(1.5F).text() == "1.5");
    CHECK(metric_value(std::numeric_limits<double>::infinity()).text() == "+Inf");
    CHECK(metric_value(-std::numeric_limits<double>::infinity()).text() == "-Inf");
    CHECK(metric_value(std::numeric_limits<double>::quiet_NaN()).text() == "NaN");
}

TEST_CASE("a name that Prometheus would not take is refused, and says why", "[daemon]") {
    metrics_text out;
    CHECK_THROWS_WITH(out.gauge("7up", "", {}, 1),
                      "the metric \"7up\" has a name that Prometheus does not take");
    CHECK_THROWS_AS(out.gauge("", "", {}, 1), std::invalid_argument);
    CHECK_THROWS_AS(out.gauge("with space", "", {}, 1), std::invalid_argument);
    CHECK_THROWS_WITH(out.counter("a", "", {}, 1),
                      "the metric \"a\" is a counter, whose name has to end in _total");
    CHECK_THROWS_WITH(out.histogram("a", "", {}, {}),
                      "the metric \"a\" is of times, whose name has to end in _seconds");
    for (const char* const label : {"", "of:", "7", "le", "o-f"})
        CHECK_THROWS_WITH(out.gauge("a", "", {{label, ""}}, 1),
                          "the metric \"a\" has a label with a name that Prometheus does not take");
    out.counter("b_total", "", {}, 1);
    CHECK_THROWS_WITH(out.gauge("b_total", "", {}, 1),
                      "the metric \"b_total\" is of another kind already");
    CHECK(out.text().ends_with("b_total 1\n"));
}

}  // namespace tests::daemon_metrics_text
