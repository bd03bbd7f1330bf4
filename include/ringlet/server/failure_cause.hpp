#pragma once

#include <exception>
#include <system_error>

namespace ringlet {

/// Why a request failed, roughly: for counting.
enum class failure_cause {
    timed_out,   ///< a deadline passed, or the peer's silence was too long for TCP
    reset,       ///< the peer, or the way to it, has gone: reset, broken pipe, unreachable, ...
    cancelled,   ///< by the server, as a shutdown does, or by the handler itself
    other,       ///< any other exception
    child_lost,  ///< the process that served it ended before it
};

/// The cause that an error stands for; `other` for an error code that says success.
[[nodiscard]] failure_cause cause_of(std::error_code error) noexcept;

/// The cause that an exception stands for: that of a std::system_error is its code's.
[[nodiscard]] failure_cause cause_of(const std::exception_ptr& exception) noexcept;

}  // namespace ringlet
