#pragma once

#include <system_error>

namespace ringlet::detail {

/// The error of an operation that a deadline of this program has ended: a scope's, or a limit for
/// the operation itself. It compares equal to std::errc::timed_out, and its text tells it apart
/// from the kernel's ETIMEDOUT, with which TCP gives a silent peer up.
[[nodiscard]] std::error_code deadline_passed() noexcept;

}  // namespace ringlet::detail
