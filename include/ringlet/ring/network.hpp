#pragma once

#include <sys/socket.h>

namespace ringlet {

/// The socket calls that no SQE carries, since they are cheap, never block and are made once per
/// socket: opening, naming, options, shutting down, closing. A ring brings the network its
/// descriptors live in; the system's is the default, a simulated one may stand in for it.
///
/// Every function but the last two is the system call of its name (man 2) and answers as it does,
/// with `-errno` in place of -1. Thread-safe, except that a simulated network belongs to its ring's
/// thread.
class network {
public:
    virtual ~network() = default;

    /// The system's own network, for as long as the program runs.
    static network& system() noexcept;

    /// As socket(2); the descriptor is close-on-exec.
    virtual int open(int domain, int type, int protocol) noexcept = 0;
    virtual int bind(int fd, const sockaddr* address, socklen_t size) noexcept = 0;
    virtual int listen(int fd, int backlog) noexcept = 0;
    virtual int local_address(int fd, sockaddr* address, socklen_t* size) noexcept = 0;
    virtual int peer_address(int fd, sockaddr* address, socklen_t* size) noexcept = 0;
    virtual int set_option(int fd, int level, int name, const void* value,
                           socklen_t size) noexcept = 0;
    virtual int get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept = 0;
    virtual int shutdown(int fd, int how) noexcept = 0;
    virtual int close(int fd) noexcept = 0;

    /// No call of the system's: a descriptor is ringlet's from now on, or is so no longer, being
    /// closed or given away. Those that it owns, no child process keeps. Here: nothing, as where
    /// the descriptors are none of the process's.
    virtual void own(int /*fd*/) noexcept {}
    virtual void disown(int /*fd*/) noexcept {}
};

}  // namespace ringlet
