#pragma once

#include <ringlet/net/const_buffer.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringlet {

namespace detail {

template <class T>
concept address_text = std::convertible_to<const T&, std::string_view>;

}  // namespace detail

/// Where a socket is: an IPv4 or IPv6 address with its port, or the path of a Unix socket. ip(7),
/// ipv6(7), unix(7). An address is a value: it is copied freely and compared by what it names.
///
/// As text it is `127.0.0.1:9999`, `[::1]:9999`, `[fe80::1%eth0]:9999`, `localhost:9999`, or
/// `unix:/run/x.sock`, where `unix:@name` is a name in the abstract namespace.
///
/// An address never looks a host name up, which may block for seconds: `connect(host, port)` does
/// that without blocking the loop, and so does `resolve(host, port)`.
class address {
public:
    /// Makes no address; its family is AF_UNSPEC.
    address() noexcept;

    /// Makes an IP address with a port. `host` is an IP address, an empty string for every IPv4
    /// address of this machine, or `localhost` for 127.0.0.1. Throws std::invalid_argument for any
    /// other name, a malformed host, or a port that is not 0 to 65535. Never blocks.
    address(std::string_view host, int port);

    /// Reads an address from its text, as `parse` does, so that text can be passed where an address
    /// is wanted: `tcp_server("127.0.0.1:9999", echo)`. Throws std::invalid_argument. Never blocks.
    template <detail::address_text Text>
    address(const Text& text)  // NOLINT: meant to convert
        : address(parse(text)) {}

    /// Makes an IP address as the constructor does, but gives nothing where `host` is a name that
    /// has to be looked up. Throws std::invalid_argument for a malformed host, or a port that is
    /// not 0 to 65535. Never blocks.
    [[nodiscard]] static std::optional<address> literal(std::string_view host, int port);

    /// Reads an address from its text, such as `127.0.0.1:9999`, `[::1]:9999`, `localhost:9999`,
    /// `:9999` or `unix:/run/x.sock`. Throws std::invalid_argument for a malformed text and for a
    /// host name that has to be looked up; the error names the text at fault. Never blocks.
    [[nodiscard]] static address parse(std::string_view text);

    /// Makes an IP address from its bytes as protocols carry them, in network byte order: 4 bytes
    /// are an IPv4 address, 16 an IPv6 address without a zone. Throws std::invalid_argument for
    /// another number of bytes, or a port that is not 0 to 65535.
    [[nodiscard]] static address from_bytes(const_buffer bytes, int port);

    /// Makes the address of the Unix socket at `path`; `@name` is `name` in the abstract namespace.
    /// Throws std::invalid_argument for a path that is empty, is longer than 107 bytes, or has a
    /// NUL in it.
    [[nodiscard]] static address unix_path(std::string_view path);

    /// Copies an address that a system call has filled in; takes at most `size` bytes.
    [[nodiscard]] static address from(const sockaddr* native, socklen_t size) noexcept;

    /// The address family: AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for no address.
    [[nodiscard]] int family() const noexcept { return storage_.any.sa_family; }

    /// The port in host byte order; 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// The bytes of the IP address in network byte order, without port and zone, as `from_bytes`
    /// takes them: 4 for IPv4, 16 for IPv6; none for any other address. Lifetime: this object's.
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept;

    /// The IP address without brackets, or the path as `unix_path` takes it. An abstract name that
    /// another program made may have NULs in it: `@` stands for each of them.
    [[nodiscard]] std::string host() const;

    /// The path of a Unix socket in the file system; empty for every other address.
    [[nodiscard]] std::string path() const;

    /// The address as text, which `parse` reads; it is empty for no address, and `unix:` for an
    /// unnamed Unix socket.
    [[nodiscard]] std::string to_string() const;

    /// The address as system calls take it, of `size()` bytes. Lifetime: this object's.
    [[nodiscard]] const sockaddr* data() const noexcept { return &storage_.any; }

    /// The size in bytes of what `data()` points to.
    [[nodiscard]] socklen_t size() const noexcept { return size_; }

    /// Whether both name one place: IP addresses with their ports and zones, Unix sockets by path.
    friend bool operator==(const address& one, const address& other) noexcept;

    /// Writes the text that `to_string` gives.
    friend std::ostream& operator<<(std::ostream& out, const address& printed);

private:
    union any_address {
        sockaddr_un path;  // first, being the largest: `{}` zeroes the first member and no more
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    };

    [[nodiscard]] std::string_view unix_name() const noexcept;

    any_address storage_{};
    socklen_t size_ = sizeof(sa_family_t);
};

}  // namespace ringlet
