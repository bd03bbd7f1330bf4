#pragma once

#include <ringlet/net/address.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet::detail {

/// Asks the system for the addresses of `host`, with `port`, in the order of preference: one or
/// more, or none with the error in `error`. Blocks. getaddrinfo(3), whose hints are `family` and
/// `flags`. Throws std::bad_alloc.
[[nodiscard]] std::vector<address> look_up(const std::string& host, int port, int family, int flags,
                                           std::error_code& error);

/// Throws `error` as what `host` cannot be resolved for.
[[noreturn]] void throw_unresolved(const std::string& host, std::error_code error);

}  // namespace ringlet::detail
