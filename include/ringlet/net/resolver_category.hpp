#pragma once

#include <system_error>

namespace ringlet {

/// The errors of getaddrinfo(3), EAI_*: what an unresolvable name is reported with.
[[nodiscard]] const std::error_category& resolver_category() noexcept;

}  // namespace ringlet
