#pragma once

#include <sys/socket.h>

namespace ringlet {

/// The socket calls that no SQE carries, since they are cheap, never block and are made once per
/// socket: to open, bind, configure, shut down and close it. Each ring has the network that its
/// descriptors belong to: the system's, or a simulated one.
///
/// Every function but `in_system` and `disown` makes a system call, `own` only where it must, and
/// returns what that returns, or `-errno` if it fails. Thread-safe, except that a simulated network
/// belongs to its ring's thread.
class network {
public:
    virtual ~network() = default;

    /// The system's own network. Lifetime: the program's.
    static network& system() noexcept;

    /// The network of this thread: that of a simulation where one runs, otherwise the system's.
    static network& current() noexcept;

    /// Opens a socket, which is close-on-exec; gives its descriptor. socket(2).
    virtual int open(int domain, int type, int protocol) noexcept = 0;

    /// Gives a socket its address. bind(2).
    virtual int bind(int fd, const sockaddr* address, socklen_t size) noexcept = 0;

    /// Lets a socket accept connections. listen(2).
    virtual int listen(int fd, int backlog) noexcept = 0;

    /// Stores the socket's own address. getsockname(2).
    virtual int local_address(int fd, sockaddr* address, socklen_t* size) noexcept = 0;

    /// Stores the address of the socket's peer. getpeername(2).
    virtual int peer_address(int fd, sockaddr* address, socklen_t* size) noexcept = 0;

    /// Sets an option of a socket. setsockopt(2).
    virtual int set_option(int fd, int level, int name, const void* value,
                           socklen_t size) noexcept = 0;

    /// Stores the value of a socket's option. getsockopt(2).
    virtual int get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept = 0;

    /// Gives those of the events `wanted`, and POLLHUP, POLLERR and POLLNVAL, that are there now.
    /// poll(2), without waiting.
    virtual int ready_events(int fd, int wanted) noexcept = 0;

    /// Ends one direction of a connection, or both. shutdown(2).
    virtual int shutdown(int fd, int how) noexcept = 0;

    /// Closes a descriptor. close(2).
    virtual int close(int fd) noexcept = 0;

    /// Whether the descriptors are the process's own and the paths of Unix sockets those of the
    /// file system, so that other calls of the system may be made for them. By default they are
    /// not.
    [[nodiscard]] virtual bool in_system() const noexcept { return false; }

    /// Tells the network that ringlet owns `fd` from now on, so that no child process keeps it.
    /// Returns the descriptor's number, which is another where `fd` is that of a standard stream:
    /// then the descriptor has moved, or been closed where it could not. By default this does
    /// nothing: a simulated descriptor is not one of the process.
    virtual int own(int fd) noexcept { return fd; }

    /// Tells the network that ringlet does not own `fd` any more, because it will be closed or has
    /// been given away. By default this does nothing.
    virtual void disown(int /*fd*/) noexcept {}
};

}  // namespace ringlet
