#pragma once

#include <ringlet/net/bind_options.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet {

/// How a listener binds and accepts, and its limits.
struct listener_options {
    /// How it gets its address.
    bind_options binding = {};

    /// Connections that wait in the kernel to be accepted; it caps this at net.core.somaxconn.
    int backlog = 4096;

    /// Accepted TCP connections send small pieces at once (TCP_NODELAY).
    bool no_delay = true;

    /// Connections held that nobody has asked for by `accept`. Once there are so many, accepting
    /// stops until they are taken; but a burst that is in the backlog by then comes whole, since
    /// the kernel accepts it at one go. With 0 nothing is accepted that nobody waits for, at the
    /// cost of an SQE for each connection.
    std::size_t accepted_ahead_max = 64;

    /// The pause after the system ran out of descriptors or memory: it doubles from the first to
    /// the longest, and starts anew after a success.
    std::chrono::milliseconds overload_pause_first{5};
    std::chrono::milliseconds overload_pause_max{1000};
};

}  // namespace ringlet
