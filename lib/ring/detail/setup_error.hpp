#pragma once

#include <system_error>

namespace ringlet::detail {

/// The error of an io_uring_setup(2) that failed with `error`, whose text names the likely cause
/// and what to do about it.
[[nodiscard]] std::system_error setup_error(int error);

/// Whether `refused`, by which a ring of the kernel's was not made or not entered, means that
/// io_uring is not to be had here: then another ring is the answer.
///
/// A lack of descriptors does not. Another ring takes descriptors too, and would hide what is
/// wrong. Anything else does: a filter can be told to answer with whatever error its author likes.
[[nodiscard]] bool lacks_io_uring(const std::error_code& refused) noexcept;

}  // namespace ringlet::detail
