#pragma once

#include <exception>
#include <system_error>

namespace ringlet {

/// The rough reason for which a request failed, as server_counters tells them apart.
enum class failure_cause {
    timed_out,   ///< a deadline passed, or the peer's silence was too long for TCP
    reset,       ///< the peer, or the way to it, is gone: reset, broken pipe, unreachable, ...
    cancelled,   ///< the server cancelled it, as a shutdown does, or the handler itself did
    other,       ///< the handler threw any other exception
    child_lost,  ///< the process that served the request ended first
};

/// The cause that an error code stands for; `other` for a code that says success.
[[nodiscard]] failure_cause cause_of(std::error_code error) noexcept;

/// The cause that an exception stands for. For a std::system_error its error code decides.
[[nodiscard]] failure_cause cause_of(const std::exception_ptr& exception) noexcept;

/// Whether an exception that a server passes to `handle_error` is its client's making, and no
/// failure of the server: an operation on the very stream that the server gave the handler, or on a
/// reader or writer of that stream, has thrown it since the client reset the connection, has gone,
/// has broken the protocol of the stream's layer (std::errc::protocol_error), or was silent or slow
/// until TCP or a deadline gave it up; or a reply to a datagram has thrown it
/// since the client had no room for it.
///
/// Everything else is the handler's own: exceptions of its files, of its connections to elsewhere,
/// of a sleep or a lock that a deadline ended, and those that it makes itself, also of an error
/// code that the client's stream has stored for it.
[[nodiscard]] bool caused_by_client(const std::exception_ptr& exception) noexcept;

}  // namespace ringlet
