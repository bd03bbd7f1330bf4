#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/any_handler.hpp>
#include <ringlet/server/server_options.hpp>

#include <utility>

namespace ringlet {

namespace detail {

/// The options with concurrency in threads, unless they ask for that already.
[[nodiscard]] server_options in_threads(server_options options);

}  // namespace detail

/// A server whose requests are handled in threads: by default in a pool of them, or, where the
/// options say thread_per_request, each in one of its own.
///
///     ringlet::threading<ringlet::tcp_server> server({"127.0.0.1", 9999}, echo);
template <class Server>
class threading : public Server {
public:
    using handler_type = any_handler<typename Server::request_type>;

    /// As the constructors of `Server`. Throw std::invalid_argument too where the options ask for
    /// another kind of concurrency.
    threading(const address& local, handler_type handler, const server_options& options = {})
        : Server(local, std::move(handler), detail::in_threads(options)) {}
    threading(bound_socket adopted, handler_type handler, const server_options& options = {})
        : Server(std::move(adopted), std::move(handler), detail::in_threads(options)) {}
};

}  // namespace ringlet
