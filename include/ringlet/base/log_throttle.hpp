#pragma once

#include <ringlet/base/log.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace ringlet {

/// How often an event of one kind is reported.
struct log_throttle_options {
    /// How many reports may follow each other at once; 1 to a million.
    unsigned burst = 10;

    /// The time after which one more report may follow; 1 ms to an hour.
    std::chrono::milliseconds interval{1000};
};

/// Reports events of one kind without letting them flood the log, however often a client can cause
/// them. Events beyond the limit are counted, and the next report says how many there were.
///
///     log_throttle failures{log_level::error, "a handler failed"};
///     failures.report({{"client", address}, {"error", message}});
///
/// Thread-safe, without a lock: one in memory that processes share limits all of them together.
class log_throttle {
public:
    using clock = std::chrono::steady_clock;

    /// Makes a throttle for events with this level and message. `message` must last as long as this
    /// object. Throws std::invalid_argument for options out of range.
    log_throttle(log_level level, std::string_view message,
                 const log_throttle_options& options = {});
    log_throttle(const log_throttle&) = delete;
    log_throttle& operator=(const log_throttle&) = delete;
    ~log_throttle() { flush(); }

    /// Reports one event, or only counts it if there were too many just before. In a simulation,
    /// time is the simulated one.
    void report(std::initializer_list<log_field> fields = {}) noexcept;

    /// Reports one event at the time `now`, as `report(fields)` does at the present.
    void report(std::initializer_list<log_field> fields, clock::time_point now) noexcept;

    /// Reports how many events have been left out since the last report, if any. The destructor
    /// does so too; a program calls this where a quiet time begins, such as when a server stops.
    void flush() noexcept;

private:
    [[nodiscard]] bool admit(clock::time_point now) noexcept;

    log_level level_;
    std::string_view message_;
    std::int64_t interval_;             // ns
    std::int64_t ahead_max_;            // ns; how far due_ may be ahead of the clock
    std::atomic<std::int64_t> due_{0};  // when the bucket of reports is full again
    std::atomic<std::uint64_t> suppressed_{0};
};

}  // namespace ringlet
