#pragma once

#include <ringlet/net/address.hpp>

#include <netinet/in.h>

namespace ringlet {

namespace detail {
class packet_info_control;
}  // namespace detail

/// Where a datagram came to: the address of this machine that it was sent to, and the network
/// interface that it came by. A socket that is bound to a wildcard address (`0.0.0.0`, `[::]`)
/// receives it with each datagram; an answer that is sent with it leaves from that address, where a
/// client expects it. IP_PKTINFO, ip(7); IPV6_PKTINFO, ipv6(7), RFC 3542.
class packet_info {
public:
    /// Nothing is known: an answer leaves from the address that the kernel chooses.
    packet_info() noexcept = default;

    /// A datagram that is sent with it leaves from `local`, an IP address of this machine; its port
    /// does not count. Throws std::invalid_argument for an address of another kind.
    explicit packet_info(const address& local);

    /// Whether anything is known.
    [[nodiscard]] bool known() const noexcept { return family_ != AF_UNSPEC; }

    /// The address of this machine, without a port, or no address. For an IPv4 datagram that was
    /// broadcast or multicast it is the interface's own; an IPv6 one keeps the multicast address.
    [[nodiscard]] address local() const noexcept;

    /// The index of the interface by which the datagram came, or 0. if_indextoname(3).
    [[nodiscard]] unsigned interface() const noexcept { return interface_; }

private:
    friend detail::packet_info_control;

    int family_ = AF_UNSPEC;
    unsigned interface_ = 0;
    in6_addr address_{};  // of IPv4, in its first four bytes
};

}  // namespace ringlet
