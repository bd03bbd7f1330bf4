#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ringlet::daemon::detail {

/// The number that the first byte of `bytes` is.
inline std::uint8_t network_u8(std::string_view bytes) noexcept {
    return static_cast<std::uint8_t>(bytes.front());
}

/// The number that the first two bytes of `bytes` are, in network byte order.
inline std::uint16_t network_u16(std::string_view bytes) noexcept {
    return static_cast<std::uint16_t>(network_u8(bytes) << 8U | network_u8(bytes.substr(1)));
}

/// The number that the first four bytes of `bytes` are, in network byte order.
inline std::uint32_t network_u32(std::string_view bytes) noexcept {
    return std::uint32_t{network_u16(bytes)} << 16U | network_u16(bytes.substr(2));
}

/// Appends a number of two bytes in network byte order.
inline void append_u16(std::string& bytes, std::uint16_t number) {
    bytes += static_cast<char>(number >> 8U);
    bytes += static_cast<char>(number & 0xffU);
}

/// Appends a number of four bytes in network byte order.
inline void append_u32(std::string& bytes, std::uint32_t number) {
    append_u16(bytes, static_cast<std::uint16_t>(number >> 16U));
    append_u16(bytes, static_cast<std::uint16_t>(number & 0xffffU));
}

}  // namespace ringlet::daemon::detail
