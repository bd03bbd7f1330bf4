#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <string>
#include <system_error>
#include <vector>

namespace ringlet {

/// How `connect` connects to a host that may have several addresses.
struct connect_options {
    /// How long everything may take, the look-up of the host included.
    std::chrono::milliseconds timeout{30'000};

    /// How long an attempt may take before the next one begins beside it. 100 ms to 2 s; a shorter
    /// or longer time is replaced by the nearer of these (RFC 8305, 8).
    std::chrono::milliseconds attempt_delay{250};

    /// How the addresses of the host are found.
    resolve_options resolving = {};
};

/// Connects to `peer`, over TCP or a Unix socket; the stream lives in the loop that runs in this
/// thread. Nagle's delay is off on TCP. Throws std::system_error that names the peer. connect(2).
[[nodiscard]] task<stream> connect(address peer);

/// Connects to `peer`, over TCP or a Unix socket, without throwing std::system_error: an error is
/// stored in `error`, and the stream is then not open. The stream lives in the loop that runs in
/// this thread. Nagle's delay is off on TCP. connect(2).
[[nodiscard]] task<stream> connect(address peer, std::error_code& error);

/// Connects to `host`, a name or an IP address, by the address that answers first (RFC 8305, "Happy
/// Eyeballs"): the addresses are tried in the resolver's order, but IPv6 and IPv4 take turns; the
/// next attempt begins when an attempt has failed, or beside the attempts that are slow; the first
/// attempt that succeeds ends the others. A name is looked up as `resolve` does, without blocking
/// the loop; addresses are tried as they come. The stream lives in the loop that runs in this
/// thread.
///
/// Throws std::system_error whose text has the failure of each attempt; its code is that of the
/// first attempt, or timed_out if `options.timeout` has passed. Throws what `resolve` throws, and
/// std::invalid_argument for a timeout that is negative or too long for the clock.
[[nodiscard]] task<stream> connect(std::string host, int port, connect_options options = {});

/// Connects to `host`, a name or an IP address, by the address that answers first, without throwing
/// std::system_error: an error is stored in `error`, and the stream is then not open. A name is
/// looked up without blocking the loop. Throws std::invalid_argument for a malformed host, a port
/// that is not 0 to 65535, or a timeout that is negative or too long for the clock.
[[nodiscard]] task<stream> connect(std::string host, int port, connect_options options,
                                   std::error_code& error);

/// Connects to the one of `peers` that answers first (RFC 8305, 5): they are tried in their order,
/// but IPv6 and IPv4 take turns, and the next attempt begins beside the attempts that are slow.
/// Throws std::system_error whose text has the failure of each attempt, and std::invalid_argument
/// if there is no peer, or for a timeout that is negative or too long for the clock.
[[nodiscard]] task<stream> connect(std::vector<address> peers, connect_options options = {});

/// Connects to the one of `peers` that answers first (RFC 8305, 5), without throwing
/// std::system_error: an error is stored in `error`, and the stream is then not open. Throws
/// std::invalid_argument if there is no peer, or for a timeout that is negative or too long for the
/// clock.
[[nodiscard]] task<stream> connect(std::vector<address> peers, connect_options options,
                                   std::error_code& error);

}  // namespace ringlet
