#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ringlet::testing::detail {

/// The name of a simulated socket: an IP address with its port, IPv4 as IPv6 has it mapped, or a
/// path.
struct socket_name {
    std::array<std::uint8_t, 16> ip{};
    std::uint16_t port = 0;
    std::string path;  // of a Unix socket; an abstract name begins with NUL
    int family = AF_UNSPEC;

    /// Reads what a program passes to a system call. Nothing where it is too short, or of a family
    /// that is not simulated.
    [[nodiscard]] static std::optional<socket_name> from(const sockaddr* native, socklen_t size);

    /// An IPv4 address, by its four bytes.
    [[nodiscard]] static socket_name v4(std::uint32_t address, std::uint16_t port);

    /// The address by which a host reaches itself: 127.0.0.1 or ::1.
    [[nodiscard]] static std::array<std::uint8_t, 16> loopback_ip(bool v4);

    /// Stores the name as getsockname(2) does, for a socket of a domain.
    void store(int domain, sockaddr* stored, socklen_t* size) const;

    [[nodiscard]] bool is_v4() const noexcept;
    [[nodiscard]] bool is_wildcard() const noexcept;
    [[nodiscard]] bool is_loopback() const noexcept;

    /// The error of whoever looks for a Unix socket under a name that none has: a name in the file
    /// system is not there at all.
    [[nodiscard]] int error_of_search() const noexcept;
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const socket_name& one, const socket_name& other) noexcept {
        return one.ip == other.ip && one.port == other.port && one.path == other.path;
    }
};

}  // namespace ringlet::testing::detail
