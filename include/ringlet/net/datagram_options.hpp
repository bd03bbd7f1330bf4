#pragma once

namespace ringlet {

/// How a datagram socket is opened.
struct datagram_options {
    /// Binds although another socket that asks for it too has the port (SO_REUSEADDR): of UDP, the
    /// last one bound gets what comes.
    bool reuse_address = false;

    /// Shares the port with other sockets that ask for it too (SO_REUSEPORT): the kernel spreads
    /// the senders over them.
    bool reuse_port = false;

    /// An IPv6 socket takes nothing from IPv4 senders (IPV6_V6ONLY).
    bool v6_only = true;

    /// May send to broadcast addresses (SO_BROADCAST).
    bool broadcast = false;

    /// The kernel's buffers in bytes (SO_RCVBUF, SO_SNDBUF), which it doubles and bounds; 0 leaves
    /// them as they are. What finds no room in the one that receives is dropped by UDP, and waits
    /// at the sender of a Unix socket.
    int receive_buffer_size = 0;
    int send_buffer_size = 0;
};

}  // namespace ringlet
