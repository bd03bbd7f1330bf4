#pragma once

#include <linux/inet_diag.h>

#include <cstdint>
#include <vector>

namespace ringlet::detail {

/// The TCP sockets of this network namespace that have the local port, of IPv4 and IPv6, and are in
/// one of the states: a mask of bits `1U << TCP_LISTEN` and the like. /proc/net/tcp would have all
/// connections too, and take 10 ms where they are many. Throws std::system_error where the kernel
/// does not tell, and std::bad_alloc. sock_diag(7).
[[nodiscard]] std::vector<inet_diag_msg> tcp_sockets_at(std::uint16_t port, std::uint32_t states);

}  // namespace ringlet::detail
