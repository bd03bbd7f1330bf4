#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringlet::daemon::detail {

/// The value of an environment variable; nothing where it is not set.
[[nodiscard]] std::optional<std::string> variable(const char* name);

/// The value of an environment variable, which is unset then.
[[nodiscard]] std::optional<std::string> take_variable(const char* name);

/// A number of decimal digits alone.
[[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view text) noexcept;

/// Whether `text` is the id of this process. Throws as `refuse_variable` where it is no number.
[[nodiscard]] bool names_this_process(const char* name, const std::string& text);

/// Throws std::system_error: the variable `name` has the value `value`, but `why`.
[[noreturn]] void refuse_variable(const char* name, const std::string& value,
                                  const std::string& why);

}  // namespace ringlet::daemon::detail
