#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/resolve_options.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet {

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

}  // namespace ringlet
