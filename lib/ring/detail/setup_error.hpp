#pragma once

#include <system_error>

namespace ringlet::detail {

/// Makes the exception for an io_uring_setup(2) that failed with the errno `error`. Its text names
/// the likely cause, and what to do about it.
[[nodiscard]] std::system_error setup_error(int error);

/// Whether `refused`, the error with which the kernel's ring could not be made or entered, means
/// that io_uring cannot be used here, so that another ring should be.
///
/// A lack of descriptors does not mean it: another ring takes descriptors too, and would hide what
/// is wrong. Any other error does, since a seccomp filter may answer with any error.
[[nodiscard]] bool lacks_io_uring(const std::error_code& refused) noexcept;

}  // namespace ringlet::detail
