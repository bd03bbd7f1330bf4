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

}  // namespace ringlet
