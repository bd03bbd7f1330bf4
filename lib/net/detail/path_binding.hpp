#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/detail/socket_file.hpp>
#include <ringlet/net/socket.hpp>

#include <string>
#include <system_error>

namespace ringlet::detail {

/// Throws std::system_error: that a socket cannot be bound to `local`, and why.
[[noreturn]] void throw_unbound(const address& local, std::error_code error,
                                const std::string& why = {});

/// Binds `made`, a Unix socket, to a path. Throws as bound_socket::open does.
[[nodiscard]] socket_file bind_to_path(socket& made, const address& local,
                                       const bind_options& options);

}  // namespace ringlet::detail
