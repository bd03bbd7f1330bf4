#pragma once

#include <ringlet/net/bind_options.hpp>

namespace ringlet {

/// How a datagram socket is opened.
struct datagram_options {
    /// How it gets its address.
    bind_options binding = {};

    /// May send to broadcast addresses (SO_BROADCAST).
    bool broadcast = false;

    /// Datagrams of one sender may come together (UDP_GRO), to be received with `recv_burst`, and
    /// only so: any other receive takes them for one large datagram. Where single ones come, each
    /// costs a little more. Nothing to a Unix socket.
    bool receive_bursts = false;

    /// The kernel's buffers in bytes (SO_RCVBUF, SO_SNDBUF), which it doubles and bounds; 0 leaves
    /// them as they are. What finds no room in the one that receives is dropped by UDP, and waits
    /// at the sender of a Unix socket.
    int receive_buffer_size = 0;
    int send_buffer_size = 0;
};

}  // namespace ringlet
