#pragma once

#include <cstdint>
#include <string_view>

namespace ringlet::daemon::detail {

/// The CRC32c of `bytes`, or of what has the CRC32c `before` and then `bytes`. RFC 4960, appendix
/// B.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0) noexcept;

}  // namespace ringlet::daemon::detail
