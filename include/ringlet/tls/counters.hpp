#pragma once

#include <cstdint>

namespace ringlet::tls {

/// The counts of a context since it was made, over all threads and forked children that use it.
struct counters {
    /// The handshakes that failed, by their failure_cause.
    struct failures {
        std::uint64_t timed_out = 0;
        std::uint64_t gone = 0;
        std::uint64_t cancelled = 0;
        std::uint64_t certificate = 0;
        std::uint64_t no_match = 0;
        std::uint64_t not_tls = 0;
        std::uint64_t other = 0;

        [[nodiscard]] std::uint64_t total() const noexcept {
            return timed_out + gone + cancelled + certificate + no_match + not_tls + other;
        }
    };

    /// The handshakes that are under way now. Those of a child that was killed stay among them.
    std::uint64_t in_progress = 0;

    std::uint64_t handshakes = 0;  ///< handshakes that have succeeded, resumed ones included
    std::uint64_t resumed = 0;     ///< handshakes that took up an earlier session
    failures failed;

    std::uint64_t reloads = 0;         ///< reloads that brought other certificates into use
    std::uint64_t failed_reloads = 0;  ///< reloads that left the earlier certificates in use
};

}  // namespace ringlet::tls
