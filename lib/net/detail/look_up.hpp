#pragma once

#include <ringlet/net/address.hpp>

#include <string>
#include <system_error>
#include <vector>

namespace ringlet::detail {

/// Asks the system's resolver for the addresses of `host`, and gives them with `port`, in the order
/// of preference: one or more, or none with the error in `error`. It blocks. `family` and `flags`
/// are hints of getaddrinfo(3). Throws std::bad_alloc.
[[nodiscard]] std::vector<address> look_up(const std::string& host, int port, int family, int flags,
                                           std::error_code& error);

/// Throws std::system_error with `error`, whose text says that `host` cannot be resolved.
[[noreturn]] void throw_unresolved(const std::string& host, std::error_code error);

}  // namespace ringlet::detail
