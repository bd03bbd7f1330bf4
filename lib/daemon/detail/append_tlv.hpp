#pragma once

#include "daemon/detail/network_order.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace ringlet::daemon::detail {

/// Appends a TLV: its type, its length in two bytes, its value. Throws std::length_error for a
/// value of more than 65535 bytes.
inline void append_tlv(std::string& bytes, std::uint8_t type, std::string_view value) {
    if (value.size() > UINT16_MAX)
        throw std::length_error("a PROXY header: a TLV has at most 65535 bytes, not " +
                                std::to_string(value.size()));
    bytes += static_cast<char>(type);
    append_u16(bytes, static_cast<std::uint16_t>(value.size()));
    bytes += value;
}

}  // namespace ringlet::daemon::detail
