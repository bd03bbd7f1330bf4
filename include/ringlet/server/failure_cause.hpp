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

}  // namespace ringlet
