#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/detail/socket_file.hpp>
#include <ringlet/net/socket.hpp>

#include <string>
#include <system_error>

namespace ringlet::detail {

/// Throws std::system_error whose text says that a socket cannot be bound to `local`, and why.
[[noreturn]] void throw_unbound(const address& local, std::error_code error,
                                const std::string& why = {});

/// Binds `unbound`, a Unix socket, to the path of `local`, and gives the file that this makes.
/// Throws std::system_error naming the address and saying why.
[[nodiscard]] socket_file bind_to_path(socket& unbound, const address& local,
                                       const bind_options& options);

}  // namespace ringlet::detail
