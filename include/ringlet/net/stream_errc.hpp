#pragma once

#include <system_error>

namespace ringlet {

/// How a buffered read fails by itself; whatever else it throws is the stream's own error.
enum class stream_errc {
    /// The stream ended before all was there that was to be read.
    end_of_stream = 1,
    /// What was to be read is longer than the maximum.
    too_long,
};

/// The category of these errors, "stream".
[[nodiscard]] const std::error_category& stream_category() noexcept;

[[nodiscard]] std::error_code make_error_code(stream_errc error) noexcept;

}  // namespace ringlet

template <>
struct std::is_error_code_enum<ringlet::stream_errc> : std::true_type {};
