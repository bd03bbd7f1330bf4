#pragma once

#include <ringlet/net/address.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace ringlet::daemon::detail {

/// With these bytes an IPv6 address begins that stands for an IPv4 address. RFC 4291, 2.5.5.2.
inline constexpr std::array<std::byte, 12> v4_mapped{
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
    std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

/// The bytes of an IP address: 4 of an IPv4 address, also where an IPv6 address stands for it, and
/// 16 of another IPv6 address; none of any other address. Lifetime: that of the address.
inline std::span<const std::byte> host_bytes(const address& host) noexcept {
    const std::span<const std::byte> bytes = host.bytes();
    if (bytes.size() > v4_mapped.size() &&
        std::ranges::equal(bytes.first(v4_mapped.size()), v4_mapped))
        return bytes.subspan(v4_mapped.size());
    return bytes;
}

}  // namespace ringlet::daemon::detail
