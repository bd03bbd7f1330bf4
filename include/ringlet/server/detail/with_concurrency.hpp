#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/concurrency.hpp>
#include <ringlet/server/server_options.hpp>

#include <utility>

namespace ringlet::detail {

/// The options with one of two kinds of concurrency: `usual` where they have concurrency::loop,
/// their default. Throws std::invalid_argument where they ask for any kind but these.
[[nodiscard]] server_options limit_concurrency(server_options options, concurrency usual,
                                               concurrency other);

/// A server that handles its requests in one of two ways: what `threading` and `forking` have in
/// common.
template <class Server, concurrency Usual, concurrency Other>
class with_concurrency : public Server {
    using handler = any_handler<typename Server::request_type>;

public:
    /// Makes a server at `local`, as the constructor of `Server` does. Throws std::invalid_argument
    /// too where the options ask for a kind of concurrency that is not this server's; the options'
    /// default, concurrency::loop, stands for its usual kind.
    with_concurrency(const address& local, handler handling, const server_options& options = {})
        : Server(local, std::move(handling), limit_concurrency(options, Usual, Other)) {}

    /// Makes a server that takes over a socket, as the constructor of `Server` does. Throws
    /// std::invalid_argument too for options of another kind of concurrency.
    with_concurrency(bound_socket adopted, handler handling, const server_options& options = {})
        : Server(std::move(adopted), std::move(handling),
                 limit_concurrency(options, Usual, Other)) {}
};

}  // namespace ringlet::detail
