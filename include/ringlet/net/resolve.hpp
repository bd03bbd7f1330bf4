#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>

#include <sys/socket.h>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet {

class thread_pool;

/// How a host name is resolved.
struct resolve_options {
    /// AF_INET or AF_INET6 to get addresses of that family only; AF_UNSPEC for both.
    int family = AF_UNSPEC;

    /// The pool whose threads wait for the resolver; its limits are those of look-ups. nullptr is a
    /// pool of default limits that the process shares for look-ups alone. A look-up that no
    /// coroutine waits for any more may hold its thread for as long as resolv.conf(5) says, where
    /// no name server answers; such threads are replaced (thread_pool_options::abandoned_max).
    thread_pool* pool = nullptr;
};

/// Gives the addresses of `host`, one or more, with `port`, in the order in which they are to be
/// tried, as the system's resolver says, /etc/hosts included. Threads of a pool ask the resolver,
/// so that the loop goes on. getaddrinfo(3).
///
/// IPv6 and IPv4 addresses are looked up apart. When those of one family have come, the others have
/// 50 ms left, so that a lost answer costs no more (RFC 8305, 3). IPv6 addresses go first, unless
/// this machine has no route to them (RFC 6724). Look-ups of one name at the same time are one.
///
/// An IP address gives itself, and `localhost` gives 127.0.0.1 and ::1, both without the resolver.
/// The wait ends soon after it is cancelled, though the resolver cannot be interrupted: its answer
/// is dropped when it comes.
///
/// Throws std::invalid_argument for a malformed host or a port that is not 0 to 65535, and
/// std::logic_error outside a loop. Throws std::system_error that names the host: with an error of
/// resolver_category, with resource_unavailable_try_again if too many look-ups wait for the pool,
/// or with the reason for which it was cancelled. Or stores that in `error`, and then yields no
/// address.
[[nodiscard]] task<std::vector<address>>
resolve(std::string host, int port, resolve_options options = {}, error_sink error = throws);

/// The category of the errors of getaddrinfo(3), EAI_*, with which `resolve` reports a name that
/// cannot be resolved.
[[nodiscard]] const std::error_category& resolver_category() noexcept;

}  // namespace ringlet
