#pragma once

#include <ringlet/base/log_throttle.hpp>

namespace ringlet::detail {

/// What a server reports to the log, each kind throttled by itself. In memory that its forked
/// children share, it holds for all of them together.
struct server_reports {
    explicit server_reports(const log_throttle_options& options)
        : failures(log_level::error, "a handler failed", options),
          overloads(log_level::warning, "accepting pauses", options),
          refusals(log_level::warning, "a connection beyond max_connections_per_peer was closed",
                   options),
          lost_children(log_level::error, "a child process was lost", options) {}

    /// When serving ends: what has been left out.
    void flush() noexcept {
        for (log_throttle* const each : {&failures, &overloads, &refusals, &lost_children})
            each->flush();
    }

    log_throttle failures;
    log_throttle overloads;
    log_throttle refusals;
    log_throttle lost_children;
};

}  // namespace ringlet::detail
