#pragma once

#include <ringlet/net/address.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet::detail {

/// Asks the system's resolver, or a simulation that runs in this thread, for the addresses of
/// `host` in `family`, and gives them without a port, each once, in the order of preference: one or
/// more, or none with the error in `error`. It blocks. Throws std::bad_alloc. getaddrinfo(3).
///
/// AI_ADDRCONFIG is not set, since the loopback address does not count for it: `::1 name` in
/// hosts(5) would become 127.0.0.1 on a machine that has no other IPv6 address.
[[nodiscard]] std::vector<address> look_up(const std::string& host, int family,
                                           std::error_code& error);

/// The text of an error: that `host` cannot be resolved.
[[nodiscard]] std::string unresolved(const std::string& host);

}  // namespace ringlet::detail
