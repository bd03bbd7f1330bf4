#pragma once

#include <cstddef>

namespace ringlet {

/// The limits of a datagram receiver.
struct datagram_receiver_options {
    /// The bytes of a datagram that are received, at most; the rest is lost, and told. UDP carries
    /// no more than the default.
    std::size_t packet_size_max = 65'535;

    /// Datagrams that exist at a time, held by the receiver or by those who got them. Together
    /// they take as much memory as they are large, and never more than this times packet_size_max:
    /// 4 MiB by default. Beyond that they wait in the kernel.
    std::size_t packets_max = 64;

    /// Datagrams that are received at one go, where so many come. All but the one that somebody
    /// waits for are received ahead.
    std::size_t batch_max = 16;
};

}  // namespace ringlet
