#pragma once

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>

#include <sys/socket.h>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet {

/// How a host name is resolved.
struct resolve_options {
    /// AF_INET or AF_INET6 for addresses of that family only. Where both will do, a name is asked
    /// for those that this machine has an address of its own for (AI_ADDRCONFIG).
    int family = AF_UNSPEC;

    /// Whose threads wait for the resolver; the pool that the process shares where there is none.
    /// Its limits are those of look-ups. A name server that does not answer holds a thread for as
    /// long as resolv.conf(5) says, also when nobody waits for the answer any longer: a program
    /// that resolves the names of strangers gives this a pool of its own.
    thread_pool* pool = nullptr;
};

/// The addresses of `host`, one or more, with `port`, in the order in which they are to be tried:
/// what the system's resolver says, /etc/hosts included. It is asked in a thread of a pool, so that
/// the loop goes on. getaddrinfo(3), RFC 6724.
///
/// An IP address is its own, and `localhost` is ::1 and 127.0.0.1; both come at once. Cancelling is
/// prompt, though the resolver cannot be interrupted: its answer is then dropped when it comes.
///
/// Throws std::invalid_argument for what `address` refuses, std::logic_error outside a loop, and
/// std::system_error naming the host: with an error of resolver_category, with
/// resource_unavailable_try_again where too many wait for the pool, or where it is cancelled.
[[nodiscard]] task<std::vector<address>> resolve(std::string host, int port,
                                                 resolve_options options = {});

/// The same with the error in `error`, and then no address.
[[nodiscard]] task<std::vector<address>> resolve(std::string host, int port,
                                                 resolve_options options, std::error_code& error);

/// The errors of getaddrinfo(3), EAI_*: what an unresolvable name is reported with.
[[nodiscard]] const std::error_category& resolver_category() noexcept;

}  // namespace ringlet
