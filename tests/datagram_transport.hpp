#pragma once

#include "ipv6_loopback.hpp"

#include <ringlet/net/address.hpp>

#include <unistd.h>

#include <string>
#include <vector>

/// The transports of datagrams, for tests of all of them.
enum class datagram_transport { udp, udp_v6, unix_socket };

/// The transports of datagrams that this machine has.
inline std::vector<datagram_transport> datagram_transports() {
    std::vector<datagram_transport> all{datagram_transport::udp, datagram_transport::unix_socket};
    if (has_ipv6_loopback())
        all.push_back(datagram_transport::udp_v6);
    return all;
}

/// An address that no socket has: an IP address whose port the system chooses, or an abstract Unix
/// name.
inline ringlet::address free_address(datagram_transport kind) {
    static int count = 0;
    switch (kind) {
    case datagram_transport::udp:
        return {"127.0.0.1", 0};
    case datagram_transport::udp_v6:
        return {"::1", 0};
    default:
        return ringlet::address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-" +
                                           std::to_string(++count));
    }
}
