#pragma once

#include <ringlet/net/address.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace ringlet::daemon {

/// A network: the IP addresses that begin with certain bits. As text it is `10.0.0.0/8`,
/// `2001:db8::/32`, or a single address. RFC 4632, RFC 4291.
class address_prefix {
public:
    /// Reads a prefix from its text, as `parse` does, so that text can be passed where a prefix is
    /// wanted. Throws std::invalid_argument.
    template <ringlet::detail::address_text Text>
    address_prefix(const Text& text)  // NOLINT: meant to convert
        : address_prefix(parse(text)) {}

    /// Reads a prefix from its text: an IP address, then `/` and the number of its first bits that
    /// count; without these two all bits count. Throws std::invalid_argument for any other text,
    /// and for an address with further bits, of which it is not clear what they are to say. A
    /// prefix of IPv4 addresses in IPv6 (`::ffff:10.0.0.0/104`) is that of the IPv4 addresses.
    [[nodiscard]] static address_prefix parse(std::string_view text);

    /// Whether an address begins with these bits. An IPv4 host that has connected to an IPv6 socket
    /// (`::ffff:192.0.2.1`) is an IPv4 address here, and no IPv6 address. An address that is none
    /// of IP begins with nothing.
    [[nodiscard]] bool contains(const address& tested) const noexcept;

    /// The prefix as text, which `parse` reads: `10.0.0.0/8`.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const address_prefix&, const address_prefix&) = default;

private:
    address_prefix() noexcept = default;

    std::array<std::byte, 16> bytes_{};
    std::size_t size_ = 0;  // 4 or 16
    unsigned bits_ = 0;
};

}  // namespace ringlet::daemon
