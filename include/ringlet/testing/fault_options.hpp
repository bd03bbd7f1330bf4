#pragma once

#include <chrono>
#include <cstddef>

namespace ringlet::testing {

/// What may go wrong in a simulation, and how often at most. Each seed draws its own share of every
/// fault: none at all for about half of them, so that rare combinations come up too. A probability
/// of 0 rules a fault out.
///
/// `calm` ends all of this.
struct fault_options {
    /// How long a byte or a datagram is on its way between two hosts: each pair of hosts draws its
    /// latency from these limits.
    std::chrono::nanoseconds latency_min = std::chrono::microseconds(20);
    std::chrono::nanoseconds latency_max = std::chrono::milliseconds(50);

    /// How much longer single pieces take, at most; those of a connection keep their order.
    std::chrono::nanoseconds jitter_max = std::chrono::milliseconds(5);

    /// How likely a receive gives less than has come, down to one byte.
    double short_receive = 0.3;

    /// How likely a send takes less than there is room for, down to one byte.
    double short_send = 0.3;

    /// How likely a completion comes later than others that came to pass after it.
    double late_completion = 0.2;
    std::chrono::nanoseconds late_completion_max = std::chrono::microseconds(200);

    /// How few bytes a connection may hold that are sent and not received.
    std::size_t window_min = 1;
    std::size_t window_max = std::size_t{128} << 10U;

    /// How likely an accept fails with EMFILE, ENFILE, ENOBUFS, ENOMEM or ECONNABORTED; its client
    /// stays in the backlog, except for the last.
    double accept_failure = 0.05;

    /// How likely a connect is refused, or hangs until it is given up.
    double connect_refused = 0.05;
    double connect_hangs = 0.02;

    /// How likely a connection is reset when bytes come: both ends see ECONNRESET.
    double reset = 0.01;

    /// How likely a datagram is lost, comes twice, or comes later than those that were sent after
    /// it.
    double datagram_lost = 0.05;
    double datagram_duplicated = 0.05;
    double datagram_delayed = 0.1;

    /// How likely a send of a datagram finds no buffers (ENOBUFS), and has to wait for some.
    double datagram_no_buffers = 0.02;

    /// How likely, within a second of simulated time, the way between two hosts is cut, in one
    /// direction or both, and for how long at most.
    double cut = 0.05;
    std::chrono::nanoseconds cut_max = std::chrono::seconds(3);

    /// How long a call that `offload` makes takes, and how long a host name takes to be resolved.
    std::chrono::nanoseconds offload_max = std::chrono::milliseconds(20);

    /// No faults: the order of events is drawn, and nothing else. Latencies are those given.
    [[nodiscard]] static fault_options none() noexcept;
};

}  // namespace ringlet::testing
