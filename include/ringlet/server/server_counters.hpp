#pragma once

#include <cstdint>

namespace ringlet {

/// Counts of a server since it was made, over all its threads and forked children. A request
/// is a connection, or with datagrams a packet.
struct server_counters {
    /// Requests that ended with an exception, by its failure_cause.
    struct failures {
        std::uint64_t timed_out = 0;
        std::uint64_t reset = 0;
        std::uint64_t cancelled = 0;
        std::uint64_t other = 0;
        std::uint64_t child_lost = 0;

        [[nodiscard]] std::uint64_t total() const noexcept {
            return timed_out + reset + cancelled + other + child_lost;
        }
    };

    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;   ///< accepted, and closed without being handled
    std::uint64_t active = 0;    ///< being handled now
    std::uint64_t finished = 0;  ///< whose handler has returned
    failures failed;

    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t packets_sent = 0;

    std::uint64_t accept_pauses = 0;  ///< at a limit, or for lack of descriptors or memory
    std::uint64_t children_started = 0;
    std::uint64_t children_lost = 0;  ///< that ended otherwise than they should
};

}  // namespace ringlet
