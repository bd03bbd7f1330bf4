#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/server_options.hpp>

#include <utility>

namespace ringlet {

namespace detail {

/// The options with concurrency in child processes, unless they ask for that already.
[[nodiscard]] server_options in_children(server_options options);

}  // namespace detail

/// A server whose requests are handled in child processes: by default each in one of its own, or,
/// where the options say forks, in a pool of them. What a handler changes in memory stays in its
/// process.
///
///     ringlet::forking<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class forking : public Server {
public:
    using handler_type = any_handler<typename Server::request_type>;

    /// As the constructors of `Server`. Throw std::invalid_argument too where the options ask for
    /// another kind of concurrency.
    forking(const address& local, handler_type handler, const server_options& options = {})
        : Server(local, std::move(handler), detail::in_children(options)) {}
    forking(bound_socket adopted, handler_type handler, const server_options& options = {})
        : Server(std::move(adopted), std::move(handler), detail::in_children(options)) {}
};

}  // namespace ringlet
