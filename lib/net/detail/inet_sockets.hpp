#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <vector>

namespace ringlet::detail {

/// A mask for sockets in any state; others are made of bits `1U << TCP_LISTEN` and the like.
inline constexpr std::uint32_t any_state = ~0U;

/// The sockets of this network namespace that have the local port, of IPv4 and IPv6, and are in one
/// of the states. `protocol` is IPPROTO_TCP or IPPROTO_UDP. The tables in /proc/net would have all
/// other sockets too, and take 10 ms where connections are many. Throws std::system_error where the
/// kernel does not tell, and std::bad_alloc. sock_diag(7).
[[nodiscard]] std::vector<inet_diag_msg> inet_sockets_at(int protocol, std::uint16_t port,
                                                         std::uint32_t states);

}  // namespace ringlet::detail
