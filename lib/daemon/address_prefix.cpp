#include <ringlet/daemon/address_prefix.hpp>

#include "daemon/detail/host_bytes.hpp"

#include <algorithm>
#include <charconv>
#include <climits>
#include <optional>
#include <span>
#include <stdexcept>

namespace ringlet::daemon {

namespace {

constexpr unsigned mapped_bits = 96;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    throw std::invalid_argument("address_prefix \"" + std::string(text) + "\": " + why);
}

/// The address that `host` is; nothing for any other text.
std::optional<address> literal(std::string_view host) {
    if (host.empty() || host == "localhost" || host.find('%') != std::string_view::npos)
        return std::nullopt;
    try {
        return address::literal(host, 0);
    } catch (const std::invalid_argument&) {
        return std::nullopt;
    }
}

/// The address before the `/`.
address host_of(std::string_view text, std::string_view host) {
    const std::optional<address> known = literal(host);
    if (!known)
        refuse(text, "a network is an IP address, as in 192.0.2.1 or ::1, and / with the number of "
                     "its bits that count, as in 10.0.0.0/8");
    return *known;
}

/// The number behind the `/`.
unsigned bits_of(std::string_view text, std::string_view digits, std::size_t bits_max) {
    unsigned bits = 0;
    const char* const end = digits.data() + digits.size();
    const auto [read, error] = std::from_chars(digits.data(), end, bits);
    if (error != std::errc{} || read != end || bits > bits_max)
        refuse(text, "the number of bits must be 0 to " + std::to_string(bits_max));
    return bits;
}

/// Sets all bits behind the first ones to 0.
void clear_behind(std::span<std::byte> bytes, unsigned bits) noexcept {
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const auto before = static_cast<unsigned>(at) * CHAR_BIT;
        if (before >= bits)
            bytes[at] = std::byte{0};
        else if (bits - before < CHAR_BIT)
            bytes[at] &= static_cast<std::byte>(0xff00U >> (bits - before) & 0xffU);
    }
}

}  // namespace

address_prefix address_prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const address host = host_of(text, text.substr(0, slash));
    const std::span<const std::byte> all = host.bytes();
    auto bits = static_cast<unsigned>(all.size() * CHAR_BIT);
    if (slash != std::string_view::npos)
        bits = bits_of(text, text.substr(slash + 1), bits);

    address_prefix parsed;
    std::span<const std::byte> bytes = all;
    if (bits >= mapped_bits && detail::host_bytes(host).size() < all.size()) {
        bytes = detail::host_bytes(host);
        bits -= mapped_bits;
    }
    std::ranges::copy(bytes, parsed.bytes_.begin());
    parsed.size_ = bytes.size();
    parsed.bits_ = bits;
    const auto before = parsed.bytes_;
    clear_behind(parsed.bytes_, bits);
    if (parsed.bytes_ != before)
        refuse(text, "it has bits behind those that count; write " + parsed.to_string());
    return parsed;
}

bool address_prefix::contains(const address& tested) const noexcept {
    const std::span<const std::byte> bytes = detail::host_bytes(tested);
    if (bytes.size() != size_)
        return false;
    std::array<std::byte, 16> first{};
    std::ranges::copy(bytes, first.begin());
    clear_behind(first, bits_);
    return first == bytes_;
}

std::string address_prefix::to_string() const {
    return address::from_bytes(std::span(bytes_).first(size_), 0).host() + "/" +
           std::to_string(bits_);
}

}  // namespace ringlet::daemon
