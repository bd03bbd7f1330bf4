#pragma once

#include "socket_name.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace ringlet::testing::detail {

/// A file of all that is sent between simulated hosts, as Wireshark and tcpdump(8) read it: pcap
/// with times in nanoseconds, whose packets begin with their IP headers.
class capture {
public:
    /// The flags of a TCP segment. RFC 9293, 3.1.
    enum tcp_flags : std::uint8_t { fin = 0x01, syn = 0x02, reset = 0x04, push = 0x08, ack = 0x10 };

    /// Where a segment is in the stream of its sender, and in that of its receiver.
    struct position {
        std::uint32_t sequence = 0;
        std::uint32_t acknowledged = 0;
    };

    /// Creates the file, or empties it. Throws std::system_error.
    explicit capture(const std::string& path);

    /// Writes a segment of TCP; one that is too large for an IP packet as several.
    void tcp(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
             position at, unsigned flags, std::span<const std::byte> payload = {});

    /// Writes a datagram of UDP.
    void udp(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
             std::span<const std::byte> payload);

private:
    using bytes = std::vector<std::byte>;

    void packet(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
                std::uint8_t protocol, bytes segment, std::size_t checksum_at);

    std::ofstream file_;
};

}  // namespace ringlet::testing::detail
