#include "net/detail/host_and_port.hpp"

#include <ringlet/net/address.hpp>

#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <ostream>
#include <stdexcept>

namespace ringlet {

namespace {

using detail::path_prefix;

constexpr std::size_t path_max = sizeof(sockaddr_un::sun_path) - 1;
constexpr int port_max = 65535;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
    std::string shown(text);
    std::ranges::replace(shown, '\0', '?');  // which would end the message
    throw std::invalid_argument("address \"" + shown + "\": " + why);
}

std::uint16_t checked_port(std::string_view text, long long port) {
    if (port < 0 || port > port_max)
        refuse(text, "the port must be 0 to 65535, not " + std::to_string(port));
    return static_cast<std::uint16_t>(port);
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
    long long port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error == std::errc::result_out_of_range)
        refuse(text, "the port must be 0 to 65535");
    if (error != std::errc{} || end != digits.data() + digits.size())
        refuse(text, "the port must be a number, as in 127.0.0.1:9999 or [::1]:9999");
    return checked_port(text, port);
}

bool parse_v4(const std::string& host, sockaddr_in& parsed) noexcept {
    parsed.sin_family = AF_INET;
    return ::inet_pton(AF_INET, host.c_str(), &parsed.sin_addr) == 1;
}

// The index of a network interface from its name, or as a number where it has none (RFC 4007).
std::uint32_t zone_index(const std::string& zone) noexcept {
    std::uint32_t index = ::if_nametoindex(zone.c_str());
    const char* const end = zone.data() + zone.size();
    if (index == 0 && std::from_chars(zone.data(), end, index).ptr != end)
        return 0;
    return index;
}

bool parse_v6(const std::string& host, sockaddr_in6& parsed) {
    parsed.sin6_family = AF_INET6;
    const std::size_t percent = host.find('%');
    if (::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &parsed.sin6_addr) != 1)
        return false;
    if (percent == std::string::npos)
        return true;
    const std::string zone = host.substr(percent + 1);
    parsed.sin6_scope_id = zone_index(zone);
    if (parsed.sin6_scope_id == 0)
        refuse(host, "there is no network interface \"" + zone + "\"");
    return true;
}

}  // namespace

address::address() noexcept {
    storage_.any.sa_family = AF_UNSPEC;
}

std::optional<address> address::literal(std::string_view host, int port) {
    const std::uint16_t checked = checked_port(host, port);
    // RFC 6761 says what localhost is; a look-up of it might fail on a bare machine. As in
    // socketserver it is the IPv4 address.
    const std::string name(host.empty() ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host);
    if (name.find('\0') != std::string::npos || name.find_first_of(" \t/[]") != std::string::npos)
        refuse(host, "a host is an IP address without brackets, or a name");
    address parsed;
    if (parse_v4(name, parsed.storage_.v4)) {
        parsed.storage_.v4.sin_port = htons(checked);
        parsed.size_ = sizeof(sockaddr_in);
        return parsed;
    }
    parsed.storage_ = {};
    if (parse_v6(name, parsed.storage_.v6)) {
        parsed.storage_.v6.sin6_port = htons(checked);
        parsed.size_ = sizeof(sockaddr_in6);
        return parsed;
    }
    if (name.find(':') != std::string::npos)
        refuse(host, "this is not an IPv6 address, and no name has a colon in it");
    return std::nullopt;
}

address::address(std::string_view host, int port) : address() {
    const std::optional<address> known = literal(host, port);
    if (!known)
        refuse(host, "a host name has to be looked up, which would block here; connect(host, port) "
                     "looks it up and connects, and resolve(host, port) gives its addresses");
    *this = *known;
}

detail::host_and_port detail::host_and_port::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
        ringlet::refuse(text, "the port is missing; write HOST:PORT, as in 127.0.0.1:9999");
    std::string_view host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed != (host.find(':') != std::string_view::npos))
        ringlet::refuse(text,
                        "an IPv6 address, and nothing else, goes in brackets, as in [::1]:9999");
    if (bracketed)
        host = host.substr(1, host.size() - 2);
    return {host, ringlet::parse_port(text, text.substr(colon + 1))};
}

address address::parse(std::string_view text) {
    if (text.starts_with(path_prefix))
        return unix_path(text.substr(path_prefix.size()));
    const auto [host, port] = detail::host_and_port::parse(text);
    return {host, port};
}

address address::unix_path(std::string_view path) {
    if (path.empty() || path == "@")
        refuse(path, "the path of a Unix socket must not be empty");
    if (path.size() > path_max)
        refuse(path, "the path of a Unix socket must be at most " + std::to_string(path_max) +
                         " bytes long, not " + std::to_string(path.size()));
    if (path.find('\0') != std::string_view::npos)
        refuse(path, "the path of a Unix socket must not contain a NUL; write @name for an "
                     "abstract one");
    address parsed;
    parsed.storage_.path.sun_family = AF_UNIX;
    std::ranges::copy(path, parsed.storage_.path.sun_path);
    parsed.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path.front() == '@')
        parsed.storage_.path.sun_path[0] = '\0';  // and its length ends it, not a NUL
    else
        ++parsed.size_;
    return parsed;
}

address address::from_bytes(const_buffer bytes, int port) {
    address made;
    if (bytes.size() == sizeof(in_addr)) {
        made.storage_.v4.sin_family = AF_INET;
        made.storage_.v4.sin_port = htons(checked_port("from_bytes", port));
        std::memcpy(&made.storage_.v4.sin_addr, bytes.data(), bytes.size());
        made.size_ = sizeof(sockaddr_in);
    } else if (bytes.size() == sizeof(in6_addr)) {
        made.storage_.v6.sin6_family = AF_INET6;
        made.storage_.v6.sin6_port = htons(checked_port("from_bytes", port));
        std::memcpy(&made.storage_.v6.sin6_addr, bytes.data(), bytes.size());
        made.size_ = sizeof(sockaddr_in6);
    } else {
        throw std::invalid_argument("address::from_bytes: an IP address has 4 or 16 bytes, not " +
                                    std::to_string(bytes.size()));
    }
    return made;
}

address address::from(const sockaddr* native, socklen_t size) noexcept {
    address copied;
    copied.size_ = std::min(size, static_cast<socklen_t>(sizeof(copied.storage_)));
    std::memcpy(&copied.storage_, native, copied.size_);
    return copied;
}

std::uint16_t address::port() const noexcept {
    switch (family()) {
    case AF_INET:
        return ntohs(storage_.v4.sin_port);
    case AF_INET6:
        return ntohs(storage_.v6.sin6_port);
    default:
        return 0;
    }
}

std::span<const std::byte> address::bytes() const noexcept {
    switch (family()) {
    case AF_INET:
        return std::as_bytes(std::span(&storage_.v4.sin_addr, 1));
    case AF_INET6:
        return std::as_bytes(std::span(&storage_.v6.sin6_addr, 1));
    default:
        return {};
    }
}

std::string_view address::unix_name() const noexcept {
    constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
    if (family() != AF_UNIX || size_ <= start)
        return {};
    const std::string_view bytes(storage_.path.sun_path, size_ - start);
    return bytes.front() == '\0' ? bytes : bytes.substr(0, bytes.find('\0'));
}

std::string address::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET)
        return ::inet_ntop(AF_INET, &storage_.v4.sin_addr, text.data(), text.size());
    if (family() == AF_INET6) {
        std::string host = ::inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text.data(), text.size());
        std::array<char, IF_NAMESIZE> zone{};
        if (const unsigned scope = storage_.v6.sin6_scope_id; scope != 0)
            host += std::string("%") + (::if_indextoname(scope, zone.data()) != nullptr
                                            ? std::string(zone.data())
                                            : std::to_string(scope));
        return host;
    }
    std::string name(unix_name());
    std::ranges::replace(name, '\0', '@');
    return name;
}

std::string address::path() const {
    const std::string_view name = unix_name();
    return std::string(name.starts_with('\0') ? std::string_view() : name);
}

std::string address::to_string() const {
    switch (family()) {
    case AF_INET:
        return host() + ":" + std::to_string(port());
    case AF_INET6:
        return std::string("[") + host() + "]:" + std::to_string(port());  // gcc 105651
    case AF_UNIX:
        return std::string(path_prefix) + host();
    default:
        return {};
    }
}

bool operator==(const address& one, const address& other) noexcept {
    if (one.family() != other.family())
        return false;
    switch (one.family()) {
    case AF_INET:
        return one.port() == other.port() &&
               one.storage_.v4.sin_addr.s_addr == other.storage_.v4.sin_addr.s_addr;
    case AF_INET6:
        return one.port() == other.port() &&
               one.storage_.v6.sin6_scope_id == other.storage_.v6.sin6_scope_id &&
               std::memcmp(&one.storage_.v6.sin6_addr, &other.storage_.v6.sin6_addr,
                           sizeof(in6_addr)) == 0;
    default:
        return one.unix_name() == other.unix_name();
    }
}

std::ostream& operator<<(std::ostream& out, const address& printed) {
    return out << printed.to_string();
}

}  // namespace ringlet
