#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ringlet::daemon::detail {

/// The bytes with which a header of version 2 begins. No other protocol begins so.
inline constexpr std::string_view proxy_signature("\r\n\r\n\0\r\nQUIT\n", 12);

// What the two bytes behind it say. PROXY protocol, 2.2.
inline constexpr unsigned proxy_version_2 = 2;
inline constexpr unsigned proxy_local = 0;
inline constexpr unsigned proxy_proxy = 1;
inline constexpr std::uint8_t proxy_unspecified = 0;
inline constexpr std::uint8_t proxy_over_inet = 0x10;
inline constexpr std::uint8_t proxy_over_inet6 = 0x20;
inline constexpr std::uint8_t proxy_over_unix = 0x30;
inline constexpr std::uint8_t proxy_stream = 1;
inline constexpr std::uint8_t proxy_datagram = 2;

/// The size of a Unix address in a header.
inline constexpr std::size_t proxy_path_size = 108;

}  // namespace ringlet::daemon::detail
