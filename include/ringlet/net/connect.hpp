#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <string>
#include <string_view>
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

namespace detail {
[[nodiscard]] task<stream> connect_to_text(std::string target, connect_options options,
                                           error_sink error);
}  // namespace detail

/// Connects to `peer`, over TCP or a Unix socket; the stream lives in the loop that runs in this
/// thread. Nagle's delay is off on TCP. Throws std::system_error that names the peer; or stores the
/// error in `error`, and then yields a stream that is not open. connect(2).
[[nodiscard]] task<stream> connect(address peer, error_sink error = throws);

/// Connects to `host`, a name or an IP address, by the address that answers first (RFC 8305, "Happy
/// Eyeballs"): the addresses are tried in the resolver's order, but IPv6 and IPv4 take turns; the
/// next attempt begins when an attempt has failed, or beside the attempts that are slow; the first
/// attempt that succeeds ends the others. A name is looked up as `resolve` does, without blocking
/// the loop; addresses are tried as they come. The stream lives in the loop that runs in this
/// thread.
///
/// Throws std::system_error whose text has the failure of each attempt; its code is that of the
/// first attempt, or timed_out if `options.timeout` has passed, or what `resolve` reports. Or
/// stores the code in `error`, and then yields a stream that is not open. Throws
/// std::invalid_argument for a malformed host, a port that is not 0 to 65535, or a timeout that is
/// negative or too long for the clock.
[[nodiscard]] task<stream> connect(std::string host, int port, connect_options options = {},
                                   error_sink error = throws);

/// Connects to `target`, as in `connect("example.org:80")`: to the host and port, or to a Unix
/// socket where the text is `unix:PATH`. It is written as address::parse wants it, but the host may
/// be a name, which is looked up. Throws, or stores the error in `error`, as the connecting to a
/// host and port does; throws std::invalid_argument also where the port is missing.
template <detail::address_text Text>
[[nodiscard]] task<stream> connect(const Text& target, connect_options options = {},
                                   error_sink error = throws) {
    return detail::connect_to_text(std::string(std::string_view(target)), options, error);
}

/// Connects to `target` with the default options, as the other form does, and stores the error in
/// `error`.
template <detail::address_text Text>
[[nodiscard]] task<stream> connect(const Text& target, error_sink error) {
    return detail::connect_to_text(std::string(std::string_view(target)), {}, error);
}

/// Connects to the one of `peers` that answers first (RFC 8305, 5): they are tried in their order,
/// but IPv6 and IPv4 take turns, and the next attempt begins beside the attempts that are slow.
/// Throws std::system_error whose text has the failure of each attempt; or stores the code of the
/// first attempt in `error`, or timed_out, and then yields a stream that is not open. Throws
/// std::invalid_argument if there is no peer, or for a timeout that is negative or too long for the
/// clock.
[[nodiscard]] task<stream> connect(std::vector<address> peers, connect_options options = {},
                                   error_sink error = throws);

}  // namespace ringlet
