#pragma once

#include <exception>
#include <system_error>

namespace ringlet::detail {

/// The error, if an exception says that the system is short of descriptors, processes, threads or
/// memory, so that a later attempt may succeed; no error for any other exception.
[[nodiscard]] std::error_code shortage_in(const std::exception_ptr& exception) noexcept;

}  // namespace ringlet::detail
