#include "captured_log.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"

#include <ringlet/base/log.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace tests::base_log {

using ringlet::log_level;

TEST_CASE("by default an event is one line on stderr", "[base]") {
    const captured_stderr errors;
    ringlet::log(
        log_level::warning, "accepting pauses",
        {{"address", "127.0.0.1:9999"}, {"first_pause_ms", 5}, {"error", "Too many open files"}});
    ringlet::log(log_level::info, "nothing to add");
    CHECK(errors.text() ==
          "ringlet: accepting pauses level=warning address=127.0.0.1:9999 first_pause_ms=5 "
          "error=\"Too many open files\"\n"
          "ringlet: nothing to add level=info\n");
}

TEST_CASE("a sink that takes the log's place gets the records instead", "[base]") {
    const captured_stderr errors;
    {
        const captured_log log;
        ringlet::log(log_level::debug, "an event", {{"number", "1"}});
        ringlet::log(log_level::error, "another event");
        CHECK(log.text() == "ringlet: an event level=debug number=1\n"
                            "ringlet: another event level=error\n");
        CHECK(log.levels() == std::vector{log_level::debug, log_level::error});
        CHECK(errors.text().empty());
    }
    ringlet::log(log_level::info, "on stderr again");
    CHECK(errors.text() == "ringlet: on stderr again level=info\n");
}

TEST_CASE("who takes the log's place learns whose it was, and can pass records on", "[base]") {
    struct repeater final : ringlet::log_sink {
        void write(const ringlet::log_record& record) override {
            before->write(record);
            before->write(record);
        }
        ringlet::log_sink* before = nullptr;
    };
    const captured_stderr errors;
    repeater twice;
    twice.before = ringlet::set_log(&twice);
    REQUIRE(twice.before != nullptr);
    ringlet::log(log_level::info, "heard");
    CHECK(errors.text() == "ringlet: heard level=info\nringlet: heard level=info\n");
    CHECK(ringlet::set_log(nullptr) == &twice);
    CHECK(ringlet::set_log(nullptr) == twice.before);  // the default one
}

TEST_CASE("what a sink fails to take goes to stderr", "[base]") {
    struct failing final : ringlet::log_sink {
        void write(const ringlet::log_record& /*record*/) override {
            throw std::runtime_error("full");
        }
    };
    const captured_stderr errors;
    failing broken;
    ringlet::log_sink* const before = ringlet::set_log(&broken);
    ringlet::log(log_level::info, "not lost", {{"number", "1"}});
    ringlet::set_log(before);
    CHECK(errors.text() == "ringlet: not lost level=info number=1\n");
}

TEST_CASE("sinks can be exchanged while others log", "[base]") {
    struct counting final : ringlet::log_sink {
        void write(const ringlet::log_record& /*record*/) override { ++count; }
        std::atomic<int> count{0};
    };
    constexpr int events = 10'000;
    counting one;
    counting other;
    ringlet::log_sink* const before = ringlet::set_log(&one);
    {
        const std::jthread talker([] {
            for (int i = 0; i < events; ++i)
                ringlet::log(log_level::info, "an event");
        });
        for (int i = 0; i < events; ++i)
            ringlet::set_log(i % 2 == 0 ? &other : &one);
    }
    ringlet::set_log(before);
    CHECK(one.count + other.count == events);
}

}  // namespace tests::base_log
