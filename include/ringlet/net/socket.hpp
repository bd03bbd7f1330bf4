#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/ring/network.hpp>

#include <utility>

namespace ringlet {

/// Owns one socket's descriptor, and makes the calls on it that never wait: naming and options.
/// Closes it when destroyed. A child process that child_process::fork makes has it only if it is to
/// keep it.
///
/// Errors are thrown as std::system_error naming the call. Not thread-safe.
class socket {
public:
    /// No socket.
    socket() noexcept = default;

    /// Takes over `fd`, which lives in `net`.
    socket(network& net, int fd) noexcept;

    /// A new socket, close-on-exec. socket(2); `type` is SOCK_STREAM, ...
    [[nodiscard]] static socket open(network& net, int family, int type);

    socket(socket&& other) noexcept : net_(other.net_), fd_(std::exchange(other.fd_, -1)) {}
    socket& operator=(socket&& other) noexcept {
        std::swap(net_, other.net_);
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~socket();

    [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

    /// The descriptor, or -1; still owned by this object.
    [[nodiscard]] int native_handle() const noexcept { return fd_; }

    /// Gives the descriptor away, to be closed by the caller.
    int release() noexcept;

    /// Gives the socket its name. bind(2).
    void bind(const address& local, error_sink error = throws);

    /// Lets clients connect; the kernel caps `backlog` at net.core.somaxconn. listen(2).
    void listen(int backlog);

    /// Shuts down one side or both: SHUT_RD, SHUT_WR, SHUT_RDWR. shutdown(2).
    void shutdown(int how, error_sink error = throws);

    /// getsockname(2), getpeername(2).
    [[nodiscard]] address local_address() const;
    [[nodiscard]] address peer_address() const;

    /// An option whose value is an int or a structure. setsockopt(2), socket(7), tcp(7).
    template <class Value>
    void set_option(int level, int name, const Value& value) {
        set_option(level, name, &value, sizeof(value));
    }
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
