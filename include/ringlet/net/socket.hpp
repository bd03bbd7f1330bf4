#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/ring/network.hpp>

#include <utility>

namespace ringlet {

/// Owns the descriptor of one socket, and makes the calls on it that never wait: naming and
/// options. It closes the descriptor when it is destroyed. A child process made by
/// child_process::fork has the descriptor only if the call says that the child keeps it.
///
/// Errors are thrown as std::system_error naming the call. Not thread-safe.
class socket {
public:
    /// No socket.
    socket() noexcept = default;

    /// Takes over `fd`, a socket in the network `net`. Where `fd` is the number of a standard
    /// stream, the socket gets another, and /dev/null takes its place.
    socket(network& net, int fd) noexcept;

    /// Opens a socket, close-on-exec. `family` is AF_INET, AF_INET6 or AF_UNIX, and `type` is
    /// SOCK_STREAM or SOCK_DGRAM. Throws std::system_error. socket(2).
    [[nodiscard]] static socket open(network& net, int family, int type);

    socket(socket&& other) noexcept : net_(other.net_), fd_(std::exchange(other.fd_, -1)) {}
    socket& operator=(socket&& other) noexcept {
        std::swap(net_, other.net_);
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~socket();

    /// Whether this object has a socket.
    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    /// The descriptor, or -1 for no socket. This object still owns it.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

    /// The network that the socket is in.
    [[nodiscard]] network& net() const noexcept { return *net_; }

    /// Gives the descriptor away; the caller closes it. Yields -1 for no socket.
    int release() noexcept;

    /// Gives the socket its name. Throws std::system_error, or stores the error in `error`.
    /// bind(2).
    void bind(const address& local, error_sink error = throws);

    /// Lets clients connect. At most `backlog` of them wait to be accepted; the kernel caps that at
    /// net.core.somaxconn. Throws std::system_error. listen(2).
    void listen(int backlog);

    /// Shuts down one side or both: SHUT_RD, SHUT_WR, SHUT_RDWR. Throws std::system_error, or
    /// stores the error in `error`. shutdown(2).
    void shutdown(int how, error_sink error = throws);

    /// The name of the socket. Throws std::system_error. getsockname(2).
    [[nodiscard]] address local_address() const;

    /// The name of the peer. Throws std::system_error. getpeername(2).
    [[nodiscard]] address peer_address() const;

    /// Sets an option whose value is an int or a structure. Throws std::system_error.
    /// setsockopt(2), socket(7), tcp(7).
    template <class Value>
    void set_option(int level, int name, const Value& value) {
        set_option(level, name, &value, sizeof(value));
    }

    /// Gives the value of an option, which is an int or a structure. Throws std::system_error.
    /// getsockopt(2), socket(7), tcp(7).
    template <class Value>
    [[nodiscard]] Value get_option(int level, int name) const {
        Value value{};
        get_option(level, name, &value, sizeof(value));
        return value;
    }

private:
    void set_option(int level, int name, const void* value, socklen_t size);
    void get_option(int level, int name, void* value, socklen_t size) const;

    network* net_ = &network::system();
    int fd_ = -1;
};

}  // namespace ringlet
