#pragma once

#include <cstdint>

namespace ringlet {

/// The counters of a server since it was made, over all its threads and forked children. A request
/// is a connection, or a packet in a server of datagrams.
struct server_counters {
    /// The requests that ended with an exception, by its failure_cause.
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
    std::uint64_t refused = 0;   ///< requests that were accepted and closed without being handled
    std::uint64_t active = 0;    ///< requests that are being handled now
    std::uint64_t finished = 0;  ///< requests whose handler has returned
    failures failed;

    // The connections and datagrams that take the steps of server_options::establish.
    std::uint64_t establishing = 0;  ///< requests that are in these steps now
    std::uint64_t established = 0;   ///< requests that have passed them
    failures establish_failed;       ///< requests that have failed in them, and are refused

    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t packets_sent = 0;
    std::uint64_t replies_dropped = 0;  ///< packets for which a client had no room

    std::uint64_t accept_pauses = 0;  ///< pauses at a limit, or for lack of descriptors or memory
    std::uint64_t children_started = 0;
    std::uint64_t children_lost = 0;  ///< children that failed, or left requests unfinished
};

}  // namespace ringlet
