#pragma once

#include <ringlet/base/log_throttle.hpp>

namespace ringlet::detail {

/// The reports of a server to the log, with a throttle for each kind. In memory that forked
/// children share, a throttle holds for all of the processes together.
struct server_reports {
    explicit server_reports(const log_throttle_options& options)
        : failures(log_level::error, "a handler failed", options),
          departures(log_level::debug, "a client went away", options),
          unestablished(log_level::info, "a client was not let in", options),
          overloads(log_level::warning, "accepting pauses", options),
          refused_at_maximum(log_level::warning, "a client beyond the maximum was refused",
                             options),
          refused_of_peer(log_level::warning,
                          "a connection beyond max_connections_per_peer was closed", options),
          lost_replies(log_level::warning, "a reply found no room and was dropped", options),
          lost_children(log_level::error, "a child process was lost", options) {}

    /// Reports, when serving ends, the events that the throttles have left out.
    void flush() noexcept {
        for (log_throttle* const throttle :
             {&failures, &departures, &unestablished, &overloads, &refused_at_maximum,
              &refused_of_peer, &lost_replies, &lost_children})
            throttle->flush();
    }

    log_throttle failures;
    log_throttle departures;
    log_throttle unestablished;
    log_throttle overloads;
    log_throttle refused_at_maximum;
    log_throttle refused_of_peer;
    log_throttle lost_replies;
    log_throttle lost_children;
};

}  // namespace ringlet::detail
