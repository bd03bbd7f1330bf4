#pragma once

#include <ringlet/net/packet_info.hpp>
#include <ringlet/net/socket.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace ringlet::detail {

/// A packet_info as control data of a message. cmsg(3), ip(7), ipv6(7).
class packet_info_control {
public:
    /// The room that it takes, whatever the family.
    static constexpr std::size_t size_max = CMSG_SPACE(sizeof(in6_pktinfo));

    /// Reads it from a message that was received; nothing is known if it is not there.
    [[nodiscard]] static packet_info read(msghdr& received) noexcept;

    /// Adds it to the control data of a message that is to be sent from its address, of which
    /// `message.msg_controllen` bytes are in use already. `info` is known.
    static void append(msghdr& message, const packet_info& info) noexcept;

    /// Whether the socket `fd` receives it with each datagram.
    [[nodiscard]] static bool wanted(network& net, int fd) noexcept;

    /// Has the socket receive it with each datagram if it is bound to a wildcard address. Throws
    /// std::system_error.
    static void want_if_wildcard(socket& bound);
};

}  // namespace ringlet::detail
