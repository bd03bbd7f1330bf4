#include <ringlet/net/detail/packet_info_control.hpp>
#include <ringlet/net/packet_info.hpp>

#include <cstring>
#include <stdexcept>

namespace ringlet {

namespace {

in_addr v4_of(const in6_addr& stored) noexcept {
    in_addr v4{};
    std::memcpy(&v4, &stored, sizeof(v4));
    return v4;
}

bool is_wildcard(const address& bound) noexcept {
    const sockaddr* const native = bound.data();
    if (bound.family() == AF_INET)
        return reinterpret_cast<const sockaddr_in*>(native)->sin_addr.s_addr == INADDR_ANY;
    return bound.family() == AF_INET6 &&
           IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(native)->sin6_addr);
}

}  // namespace

packet_info::packet_info(const address& local) : family_(local.family()) {
    if (family_ == AF_INET) {
        const auto* const v4 = reinterpret_cast<const sockaddr_in*>(local.data());
        std::memcpy(&address_, &v4->sin_addr, sizeof(v4->sin_addr));
    } else if (family_ == AF_INET6) {
        const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(local.data());
        address_ = v6->sin6_addr;
        interface_ = v6->sin6_scope_id;
    } else {
        throw std::invalid_argument("packet_info: a datagram leaves from an IP address, not from " +
                                    (family_ == AF_UNSPEC ? "none" : local.to_string()));
    }
}

address packet_info::local() const noexcept {
    if (family_ == AF_INET) {
        const sockaddr_in v4{
            .sin_family = AF_INET, .sin_port = 0, .sin_addr = v4_of(address_), .sin_zero = {}};
        return address::from(reinterpret_cast<const sockaddr*>(&v4), sizeof(v4));
    }
    if (family_ != AF_INET6)
        return {};
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = address_;
    if (IN6_IS_ADDR_LINKLOCAL(&address_) || IN6_IS_ADDR_MC_LINKLOCAL(&address_))
        v6.sin6_scope_id = interface_;
    return address::from(reinterpret_cast<const sockaddr*>(&v6), sizeof(v6));
}

namespace detail {

packet_info packet_info_control::read(msghdr& received) noexcept {
    packet_info info;
    for (cmsghdr* next = CMSG_FIRSTHDR(&received); next != nullptr;
         next = CMSG_NXTHDR(&received, next)) {
        if (next->cmsg_level == IPPROTO_IP && next->cmsg_type == IP_PKTINFO) {
            in_pktinfo told{};
            std::memcpy(&told, CMSG_DATA(next), sizeof(told));
            info.family_ = AF_INET;
            info.interface_ = static_cast<unsigned>(told.ipi_ifindex);
            std::memcpy(&info.address_, &told.ipi_spec_dst, sizeof(told.ipi_spec_dst));
        } else if (next->cmsg_level == IPPROTO_IPV6 && next->cmsg_type == IPV6_PKTINFO) {
            in6_pktinfo told{};
            std::memcpy(&told, CMSG_DATA(next), sizeof(told));
            info.family_ = AF_INET6;
            info.interface_ = told.ipi6_ifindex;
            info.address_ = told.ipi6_addr;
        }
    }
    return info;
}

// The interface is left to the routing table, except where an address means nothing without one.
void packet_info_control::append(msghdr& message, const packet_info& info) noexcept {
    if (info.family_ == AF_INET) {
        in_pktinfo from{};
        from.ipi_spec_dst = v4_of(info.address_);
        append_control(message, IPPROTO_IP, IP_PKTINFO, &from, sizeof(from));
        return;
    }
    in6_pktinfo from{};
    const bool multicast = IN6_IS_ADDR_MULTICAST(&info.address_);
    if (!multicast)  // nothing can leave from it
        from.ipi6_addr = info.address_;
    if (multicast || IN6_IS_ADDR_LINKLOCAL(&info.address_))
        from.ipi6_ifindex = info.interface_;
    append_control(message, IPPROTO_IPV6, IPV6_PKTINFO, &from, sizeof(from));
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

void append_control(msghdr& message, int level, int type, const void* data,
                    std::size_t size) noexcept {
    const cmsghdr header{.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    std::byte* const place = static_cast<std::byte*>(message.msg_control) + message.msg_controllen;
    std::memcpy(place, &header, sizeof(header));
    std::memcpy(place + CMSG_LEN(0), data, size);
    message.msg_controllen += CMSG_SPACE(size);
}

}  // namespace detail

}  // namespace ringlet
