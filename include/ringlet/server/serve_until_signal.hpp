#pragma once

#include <ringlet/server/server.hpp>

#include <concepts>
#include <functional>
#include <initializer_list>

namespace ringlet {

namespace detail {

void serve_until_signal(const std::function<void()>& ready, std::initializer_list<server*> servers);

}  // namespace detail

/// Serves with one server, or with several in one loop, until SIGINT or SIGTERM comes. The `main`
/// of most programs ends with this call.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
///     ringlet::serve_until_signal(server);
///
/// After the first signal, handlers go on for at most each server's `drain_timeout`; a second
/// signal cancels them at once. The function returns when every server has stopped, even if no
/// signal came and the program shut each of them down. If a server fails, the function shuts the
/// others down as a signal does, and throws the first failure when they have stopped.
///
/// The loop has the options of the first server. On return both signals have their former effect
/// again. Throws std::invalid_argument where a server is named twice, std::system_error where no
/// signals can be awaited, and the exceptions of `serve_forever`. See signal_set for the signals
/// that reach the function and for forked children.
template <std::derived_from<server>... Servers>
void serve_until_signal(server& first, Servers&... more) {
    detail::serve_until_signal([] {}, {&first, &more...});
}

/// Serves until a signal comes, and calls `ready()` once every server is bound and each signal has
/// its effect: the moment to say where the servers listen. Where one cannot serve, `ready` is not
/// called. What it throws ends the serving as a failure of a server does.
///
///     const auto tell = [&] { std::cout << server.server_address() << std::endl; };
///     ringlet::serve_until_signal(tell, server);
template <std::invocable Ready, std::derived_from<server>... Servers>
void serve_until_signal(Ready ready, server& first, Servers&... more) {
    detail::serve_until_signal(ready, {&first, &more...});
}

}  // namespace ringlet
