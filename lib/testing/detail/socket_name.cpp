#include "socket_name.hpp"

#include <ringlet/net/address.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringlet::testing::detail {

namespace {

constexpr std::size_t prefix_size = 12;  // of an IPv4 address that is mapped: RFC 4291, 2.5.5.2
constexpr std::array<std::uint8_t, prefix_size> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

socket_name socket_name::v4(std::uint32_t address, std::uint16_t port) {
    socket_name name;
    std::ranges::copy(mapped, name.ip.begin());
    const std::uint32_t big_endian = htonl(address);
    std::memcpy(name.ip.data() + prefix_size, &big_endian, sizeof(big_endian));
    name.port = port;
    name.family = AF_INET;
    return name;
}

std::array<std::uint8_t, 16> socket_name::loopback_ip(bool v4) {
    if (v4)
        return socket_name::v4(INADDR_LOOPBACK, 0).ip;
    std::array<std::uint8_t, 16> ip{};
    ip.back() = 1;
    return ip;
}

std::optional<socket_name> socket_name::from(const sockaddr* native, socklen_t size) {
    if (size < sizeof(sa_family_t))
        return std::nullopt;
    if (native->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
        const auto& read = *reinterpret_cast<const sockaddr_in*>(native);
        return v4(ntohl(read.sin_addr.s_addr), ntohs(read.sin_port));
    }
    if (native->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
        const auto& read = *reinterpret_cast<const sockaddr_in6*>(native);
        socket_name name;
        std::memcpy(name.ip.data(), &read.sin6_addr, name.ip.size());
        name.port = ntohs(read.sin6_port);
        name.family = AF_INET6;
        return name;
    }
    if (native->sa_family != AF_UNIX)
        return std::nullopt;
    const auto& read = *reinterpret_cast<const sockaddr_un*>(native);
    socket_name name;
    name.family = AF_UNIX;
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    name.path.assign(read.sun_path, length);
    if (!name.path.empty() && name.path.front() != '\0')
        name.path.resize(::strnlen(name.path.data(), name.path.size()));
    return name;
}

void socket_name::store(int domain, sockaddr* stored, socklen_t* size) const {
    sockaddr_storage native{};
    socklen_t length = 0;
    if (domain == AF_INET) {
        auto& v4 = reinterpret_cast<sockaddr_in&>(native);
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        std::memcpy(&v4.sin_addr, ip.data() + prefix_size, sizeof(v4.sin_addr));
        length = sizeof(v4);
    } else if (domain == AF_INET6) {
        auto& v6 = reinterpret_cast<sockaddr_in6&>(native);
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        std::memcpy(&v6.sin6_addr, ip.data(), ip.size());
        length = sizeof(v6);
    } else {
        auto& local = reinterpret_cast<sockaddr_un&>(native);
        local.sun_family = AF_UNIX;
        std::memcpy(local.sun_path, path.data(), std::min(path.size(), sizeof(local.sun_path)));
        const bool ends_in_nul = !path.empty() && path.front() != '\0';
        length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() +
                                        (ends_in_nul ? 1 : 0));
    }
    std::memcpy(stored, &native, std::min<std::size_t>(*size, length));
    *size = length;
}

bool socket_name::is_v4() const noexcept {
    return std::equal(mapped.begin(), mapped.end(), ip.begin());
}

bool socket_name::is_wildcard() const noexcept {
    const auto first = ip.begin() + (is_v4() ? prefix_size : 0);
    return std::all_of(first, ip.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool socket_name::is_loopback() const noexcept {
    constexpr std::uint8_t loopback_net = 127;
    if (is_v4())
        return ip[prefix_size] == loopback_net;
    return ip.back() == 1 &&
           std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

int socket_name::error_of_search() const noexcept {
    return path.empty() || path.front() == '\0' ? ECONNREFUSED : ENOENT;
}

std::string socket_name::to_string() const {
    sockaddr_storage native{};
    socklen_t size = sizeof(native);
    const int domain = family == AF_UNSPEC ? AF_INET6 : family;
    store(domain, reinterpret_cast<sockaddr*>(&native), &size);
    return address::from(reinterpret_cast<sockaddr*>(&native), size).to_string();
}

}  // namespace ringlet::testing::detail
