#pragma once

#include <ringlet/net/resolve_options.hpp>

#include <chrono>

namespace ringlet {

/// How a connection to a host is made that may have several addresses.
struct connect_options {
    /// For all of it, the look-up included.
    std::chrono::milliseconds timeout{30'000};

    /// How long an attempt has before the next one begins beside it. 100 ms to 2 s; what is less or
    /// more is taken as that (RFC 8305, 8).
    std::chrono::milliseconds attempt_delay{250};

    /// How the addresses of the host are found.
    resolve_options resolving = {};
};

}  // namespace ringlet
