#pragma once

#include <system_error>

namespace ringlet {

/// The errors of a reader itself; every other error that a read reports is the stream's.
enum class stream_errc {
    /// The stream ended before all bytes that were to be read had come.
    end_of_stream = 1,
    /// The line, or other piece, is longer than the maximum.
    too_long,
};

/// The category of the errors of stream_errc; its name is "stream".
[[nodiscard]] const std::error_category& stream_category() noexcept;

/// An error of stream_errc as a std::error_code, so that the two can be compared.
[[nodiscard]] std::error_code make_error_code(stream_errc error) noexcept;

}  // namespace ringlet

template <>
struct std::is_error_code_enum<ringlet::stream_errc> : std::true_type {};
