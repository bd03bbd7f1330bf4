#include <ringlet/net/detail/control_data.hpp>
#include <ringlet/net/detail/packet_info_control.hpp>

#include <cstring>

namespace ringlet::detail {

namespace {

bool is_wildcard(const address& bound) noexcept {
    const sockaddr* const native = bound.data();
    if (bound.family() == AF_INET)
        return reinterpret_cast<const sockaddr_in*>(native)->sin_addr.s_addr == INADDR_ANY;
    return bound.family() == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(native)->sin6_addr);
}

}  // namespace

packet_info packet_info_control::read(msghdr& received) noexcept {
    packet_info info;
    in_pktinfo v4{};
    in6_pktinfo v6{};
    if (control_data::find(received, IPPROTO_IP, IP_PKTINFO, v4)) {
        info.family_ = AF_INET;
        info.interface_ = static_cast<unsigned>(v4.ipi_ifindex);
        std::memcpy(&info.address_, &v4.ipi_spec_dst, sizeof(v4.ipi_spec_dst));
    } else if (control_data::find(received, IPPROTO_IPV6, IPV6_PKTINFO, v6)) {
        info.family_ = AF_INET6;
        info.interface_ = v6.ipi6_ifindex;
        info.address_ = v6.ipi6_addr;
    }
    return info;
}

// The interface is left to the routing table, except where an address means nothing without one.
void packet_info_control::append(msghdr& message, const packet_info& info) noexcept {
    if (info.family_ == AF_INET) {
        in_pktinfo from{};
        std::memcpy(&from.ipi_spec_dst, &info.address_, sizeof(from.ipi_spec_dst));
        control_data::append(message, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
        return;
    }
    in6_pktinfo from{};
    const bool multicast = IN6_IS_ADDR_MULTICAST(&info.address_);
    if (!multicast)  // nothing can leave from it
        from.ipi6_addr = info.address_;
    if (multicast || IN6_IS_ADDR_LINKLOCAL(&info.address_))
        from.ipi6_ifindex = info.interface_;
    control_data::append(message, IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof(from));
}

bool packet_info_control::wanted(network& net, int fd) noexcept {
    int v4 = 0;
    int v6 = 0;
    socklen_t size = sizeof(v4);
    net.get_option(fd, IPPROTO_IP, IP_PKTINFO, &v4, &size);
    size = sizeof(v6);
    net.get_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &v6, &size);
    return v4 != 0 || v6 != 0;
}

void packet_info_control::want_if_wildcard(socket& bound) {
    const address local = bound.local_address();
    if (!is_wildcard(local))
        return;
    if (local.family() == AF_INET)
        bound.set_option(IPPROTO_IP, IP_PKTINFO, 1);
    else
        bound.set_option(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

}  // namespace ringlet::detail
