#pragma once

#include "base/detail/shared_memory.hpp"

#include <ringlet/net/socket.hpp>

#include <atomic>

namespace ringlet::detail {

/// The door of a listening TCP socket. Once it is closed, new clients get no answer, while those
/// whose handshake is under way still come in.
///
/// A filter keeps new clients out. Where the system lets no ordinary user set one, the socket takes
/// no packets that may have passed a router (IP_MINTTL, ip(7); RFC 5082), which nearly all clients
/// send, also those of the same machine. A handshake under way goes on, since Linux heeds the limit
/// of a listening socket only where a handshake begins (and where one ends that it has begun by a
/// SYN cookie). But the connection inherits the limit, and hears nothing more of its client until
/// it is admitted. So whether the door is closed is told in memory that forked children share: each
/// of them may accept the connection.
class door {
public:
    /// Throws std::system_error.
    door() : limits_(1) {}

    /// Closes the door in all processes that have the socket. Throws std::system_error where the
    /// system has no way.
    void close(socket& listening);

    /// Gives an accepted connection the limits that the socket had before the door was closed.
    /// While the door is open this makes no system call.
    void admit(network& net, int accepted) const noexcept {
        if (limits_->ttl != none)
            restore(net, accepted);
    }

private:
    static constexpr int none = -1;

    /// What the options of the listening socket were.
    struct limits_before {
        std::atomic<int> ttl = none;   // IP_MINTTL
        std::atomic<int> hops = none;  // IPV6_MINHOPCOUNT
    };

    void go_deaf(socket& listening);
    void restore(network& net, int accepted) const noexcept;

    shared_memory<limits_before> limits_;
};

}  // namespace ringlet::detail
