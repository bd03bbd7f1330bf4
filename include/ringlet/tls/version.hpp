#pragma once

#include <string_view>

namespace ringlet::tls {

/// A version of TLS. Those before 1.2 are broken (RFC 8996), and ringlet speaks none of them.
enum class version {
    tls1_2 = 0x0303,  ///< RFC 5246
    tls1_3 = 0x0304,  ///< RFC 8446
};

/// The name of a version: `TLS 1.3`.
[[nodiscard]] std::string_view to_string(version spoken) noexcept;

}  // namespace ringlet::tls
