#include "door.hpp"

#include <linux/filter.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <limits>
#include <system_error>

namespace ringlet::detail {

namespace {

constexpr int hop_limit_max = 255;  // a packet that has passed a router has less

// Drops each segment that opens a connection, so that a handshake which has begun goes on. The
// program sees the TCP header, in which byte 13 has the flags: RFC 9293, bpf(4).
void drop_new_connections(socket& listening) {
    constexpr std::uint32_t flags = 13;
    constexpr std::uint32_t syn = 0x02;
    constexpr std::uint32_t ack = 0x10;
    constexpr std::uint32_t everything = std::numeric_limits<std::uint32_t>::max();
    std::array<sock_filter, 5> program{{
        {BPF_LD | BPF_B | BPF_ABS, 0, 0, flags},
        {BPF_ALU | BPF_AND | BPF_K, 0, 0, syn | ack},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, syn},
        {BPF_RET | BPF_K, 0, 0, 0},
        {BPF_RET | BPF_K, 0, 0, everything},
    }};
    listening.set_option(SOL_SOCKET, SO_ATTACH_FILTER,
                         sock_fprog{static_cast<unsigned short>(program.size()), program.data()});
}

/// Stores what the socket's limit was. Another process may have done so, and raised the limit.
void keep_first(std::atomic<int>& before, int found, int none) {
    before.compare_exchange_strong(none, found);
}

}  // namespace

void door::close(socket& listening) {
    try {
        drop_new_connections(listening);
    } catch (const std::system_error&) {
        go_deaf(listening);
    }
}

// An IPv6 socket may have IPv4 clients, for which it has the other limit. What accepts sees that
// limits are stored before a connection can have inherited one.
void door::go_deaf(socket& listening) {
    const bool ipv6 = listening.get_option<int>(SOL_SOCKET, SO_DOMAIN) == AF_INET6;
    if (ipv6)
        keep_first(limits_->hops, listening.get_option<int>(IPPROTO_IPV6, IPV6_MINHOPCOUNT), none);
    keep_first(limits_->ttl, listening.get_option<int>(IPPROTO_IP, IP_MINTTL), none);
    if (ipv6)
        listening.set_option(IPPROTO_IPV6, IPV6_MINHOPCOUNT, hop_limit_max);
    listening.set_option(IPPROTO_IP, IP_MINTTL, hop_limit_max);
}

void door::restore(network& net, int accepted) const noexcept {
    const auto set = [&](int level, int name, int before) {
        if (before != none)
            net.set_option(accepted, level, name, &before, sizeof(before));
    };
    set(IPPROTO_IP, IP_MINTTL, limits_->ttl);
    set(IPPROTO_IPV6, IPV6_MINHOPCOUNT, limits_->hops);
}

}  // namespace ringlet::detail
