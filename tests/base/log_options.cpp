#include "captured_stderr.hpp"
#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <chrono>
#include <string>

namespace tests::base_log_options {

using namespace std::chrono_literals;
using ringlet::log_level;
using ringlet::log_line;

namespace {

class default_options_after {
public:
    default_options_after() = default;
    default_options_after(const default_options_after&) = delete;
    default_options_after& operator=(const default_options_after&) = delete;
    ~default_options_after() { ringlet::set_log_options({}); }
};

/// How `after`, counted from 1970, is written.
std::string written(std::chrono::system_clock::duration after) {
    ringlet::log_record record{log_level::info, "m"};
    record.time = std::chrono::system_clock::time_point(after);
    return std::string(log_line(record, {.time = true}).text());
}

}  // namespace

TEST_CASE("by default the log has what matters, without a time", "[base]") {
    const ringlet::log_options options;
    CHECK(options.least == log_level::info);
    CHECK_FALSE(options.time);
}

TEST_CASE("the default log writes the levels that are asked for", "[base]") {
    const captured_stderr errors;
    const default_options_after options_guard;
    ringlet::set_log_options({.least = log_level::debug});
    ringlet::log(log_level::debug, "heard");
    ringlet::set_log_options({.least = log_level::error});
    ringlet::log(log_level::warning, "unheard");
    ringlet::log(log_level::error, "heard");
    ringlet::set_log_options({});
    ringlet::log(log_level::debug, "unheard");
    CHECK(errors.text() == "ringlet: heard level=debug\nringlet: heard level=error\n");
}

TEST_CASE("a line has its time where that is asked for, to the microsecond and in UTC", "[base]") {
    CHECK(written(0s) == "ringlet: m level=info time=1970-01-01T00:00:00.000000Z\n");
    CHECK(written(951'782'399s + 999'999us) ==
          "ringlet: m level=info time=2000-02-28T23:59:59.999999Z\n");
    CHECK(written(951'782'400s + 1us) ==
          "ringlet: m level=info time=2000-02-29T00:00:00.000001Z\n");
    CHECK(written(-1us) == "ringlet: m level=info time=1969-12-31T23:59:59.999999Z\n");
}

TEST_CASE("the default log writes the time of a record, not that of its writing", "[base]") {
    const captured_stderr errors;
    const default_options_after options_guard;
    ringlet::set_log_options({.time = true});
    const ringlet::log_field field{"number", 1};
    ringlet::log_record record{log_level::info, "then", {&field, 1}};
    record.time = std::chrono::system_clock::time_point(1s);
    ringlet::log(record);
    CHECK(errors.text() == "ringlet: then level=info time=1970-01-01T00:00:01.000000Z number=1\n");
}

}  // namespace tests::base_log_options
