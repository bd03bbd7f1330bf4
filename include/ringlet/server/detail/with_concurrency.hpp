#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/concurrency.hpp>
#include <ringlet/server/server_options.hpp>

#include <utility>

namespace ringlet::detail {

/// The options with one of two kinds of concurrency: `usual` replaces concurrency::loop, their
/// default. Throws std::invalid_argument where the options ask for a kind other than `usual` and
/// `other`.
[[nodiscard]] server_options limit_concurrency(server_options options, concurrency usual,
                                               concurrency other);

/// A server with one of two kinds of concurrency: the common part of `threading` and `forking`.
template <class Server, concurrency Usual, concurrency Other>
class with_concurrency : public Server {
    using handler = any_handler<typename Server::request_type>;

public:
    /// Makes a server at `local`, as the constructor of `Server` does. Also throws
    /// std::invalid_argument where the options ask for a kind of concurrency that this server does
    /// not have; concurrency::loop, the default of the options, stands for its usual kind.
    with_concurrency(const address& local, handler handling, const server_options& options = {})
        : Server(local, std::move(handling), limit_concurrency(options, Usual, Other)) {}

    /// Makes a server that takes over a socket, as the constructor of `Server` does. Also throws
    /// std::invalid_argument where the options ask for a kind of concurrency that this server does
    /// not have; concurrency::loop, the default of the options, stands for its usual kind.
    with_concurrency(bound_socket adopted, handler handling, const server_options& options = {})
        : Server(std::move(adopted), std::move(handling),
                 limit_concurrency(options, Usual, Other)) {}

    /// Makes a server that takes over `inherited`, or else binds to `otherwise`, as the constructor
    /// of `Server` does. Also throws std::invalid_argument where the options ask for a kind of
    /// concurrency that this server does not have; concurrency::loop, the default of the options,
    /// stands for its usual kind.
    with_concurrency(named_socket inherited, const address& otherwise, handler handling,
                     const server_options& options = {})
        : Server(std::move(inherited), otherwise, std::move(handling),
                 limit_concurrency(options, Usual, Other)) {}
};

}  // namespace ringlet::detail
