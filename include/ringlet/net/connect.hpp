#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

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

/// Connects to `peer`, TCP or Unix; the stream lives in the loop that runs in this thread. Nagle's
/// delay is off on TCP. Throws std::system_error naming the peer. connect(2).
[[nodiscard]] task<stream> connect(address peer);

/// The same with the error in `error`, and then a stream that is not open.
[[nodiscard]] task<stream> connect(address peer, std::error_code& error);

/// Connects to `host`, a name or what else `resolve` takes, whichever of its addresses answers
/// first (RFC 8305, "Happy Eyeballs"): they are tried in the resolver's order but with the families
/// taking turns; the next attempt begins when one has failed, or beside those that are slow; the
/// first to succeed ends the others.
///
/// Throws std::system_error with the failure of each attempt in its text; its code is that of the
/// first one, or timed_out where it was all too slow. Also what `resolve` throws, and
/// std::invalid_argument for a timeout that makes no sense.
[[nodiscard]] task<stream> connect(std::string host, int port, connect_options options = {});

/// The same with the error in `error`, and then a stream that is not open.
[[nodiscard]] task<stream> connect(std::string host, int port, connect_options options,
                                   std::error_code& error);

/// Connects to any of `peers` in the same way. Throws std::invalid_argument where there are none.
[[nodiscard]] task<stream> connect(std::vector<address> peers, connect_options options = {});
[[nodiscard]] task<stream> connect(std::vector<address> peers, connect_options options,
                                   std::error_code& error);

}  // namespace ringlet
