#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Headers of the PROXY protocol, put together by hand.

/// The bytes with which version 2 begins.
inline const std::string v2_signature("\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a", 12);

/// A number of two bytes in network byte order.
inline std::string two_bytes(std::size_t number) {
    return {static_cast<char>(number >> 8U & 0xffU), static_cast<char>(number & 0xffU)};
}

/// A TLV of version 2.
inline std::string tlv_bytes(std::uint8_t type, std::string_view value) {
    return static_cast<char>(type) + two_bytes(value.size()) + std::string(value);
}

/// A header of version 2: the byte of the version and the command, that of the family, and what
/// follows the length.
inline std::string v2_bytes(unsigned version_and_command, unsigned family, std::string_view block) {
    return v2_signature + static_cast<char>(version_and_command) + static_cast<char>(family) +
           two_bytes(block.size()) + std::string(block);
}

/// The addresses 192.0.2.1:4660 and 198.51.100.2:443.
inline const std::string v4_addresses("\xc0\x00\x02\x01\xc6\x33\x64\x02\x12\x34\x01\xbb", 12);

/// A header of a TCP client at 192.0.2.1:4660, which connected to 198.51.100.2:443, with TLVs.
inline std::string v2_of_client(std::string_view tlvs = {}) {
    return v2_bytes(0x21, 0x11, v4_addresses + std::string(tlvs));
}

/// The line of version 1 of a client at 192.0.2.1:4660, which connected to 198.51.100.2:443.
inline const std::string v1_of_client = "PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n";

/// A checksum that is hardly ever right.
inline const std::string wrong_checksum = tlv_bytes(0x03, "\x01\x02\x03\x04");
