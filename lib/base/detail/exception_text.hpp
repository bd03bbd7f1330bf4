#pragma once

#include <exception>

namespace ringlet::detail {

/// The text of an exception, for the log. Lifetime: the text lasts as long as `exception` does.
[[nodiscard]] const char* exception_text(const std::exception_ptr& exception) noexcept;

}  // namespace ringlet::detail
