#pragma once

#include <system_error>

namespace ringlet {

/// The error of an io_uring_setup(2) that failed with `error`, whose text names the likely cause
/// and what to do about it.
[[nodiscard]] std::system_error setup_error(int error);

}  // namespace ringlet
