#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace ringlet {

/// Where a socket is: an IPv4 or IPv6 address with its port, or the path of a Unix socket. ip(7),
/// ipv6(7), unix(7). A value: copied freely, compared by what it names.
///
/// As text: `127.0.0.1:9999`, `[::1]:9999`, `[fe80::1%eth0]:9999`, `localhost:9999`, and
/// `unix:/run/x.sock`, where `unix:@name` is a name in the abstract namespace.
class address {
public:
    /// No address; its family is AF_UNSPEC.
    address() noexcept;

    /// `host` is an IP address, an empty string for every IPv4 address of this machine, `localhost`
    /// for 127.0.0.1, or a name. A name is looked up by getaddrinfo(3), which may block, and its
    /// first address is taken. Throws std::invalid_argument for a port that is not 0 to 65535 or a
    /// malformed host, and std::system_error with the resolver's error for a name that cannot be
    /// found.
    address(std::string_view host, int port);

    /// The same where that takes no look-up, and so never blocks; nothing if `host` is a name.
    [[nodiscard]] static std::optional<address> literal(std::string_view host, int port);

    /// Reads the forms above. Throws as the constructor does, naming the text.
    [[nodiscard]] static address parse(std::string_view text);

    /// The Unix socket at `path`; `@name` is the abstract `name`. Throws std::invalid_argument for
    /// an empty path, one longer than 107 bytes, or one with a NUL in it.
    [[nodiscard]] static address unix_path(std::string_view path);

    /// What the system calls say. Takes at most `size` bytes.
    [[nodiscard]] static address from(const sockaddr* native, socklen_t size) noexcept;

    /// AF_INET, AF_INET6, AF_UNIX, or AF_UNSPEC for no address.
    [[nodiscard]] int family() const noexcept { return storage_.any.sa_family; }

    /// The port in host byte order; 0 for a Unix socket.
    [[nodiscard]] std::uint16_t port() const noexcept;

    /// The IP address without brackets, or the path as `unix_path` takes it; `@` stands for each
    /// NUL that an abstract name of others may have in it.
    [[nodiscard]] std::string host() const;

    /// The path of a Unix socket in the file system; empty for every other address.
    [[nodiscard]] std::string path() const;

    /// The text that `parse` reads; empty for no address, `unix:` for an unnamed Unix socket.
    [[nodiscard]] std::string to_string() const;

    /// For system calls.
    [[nodiscard]] const sockaddr* data() const noexcept { return &storage_.any; }
    [[nodiscard]] socklen_t size() const noexcept { return size_; }

    friend bool operator==(const address& one, const address& other) noexcept;
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
