#pragma once

#include <exception>

namespace ringlet::detail {

/// What an exception says, for the log. Lasts as long as `exception` does.
[[nodiscard]] const char* exception_text(const std::exception_ptr& exception) noexcept;

}  // namespace ringlet::detail
