#pragma once

#include <ringlet/server/server.hpp>

#include <concepts>
#include <functional>
#include <initializer_list>

namespace ringlet {

namespace detail {

void serve_until_signal(const std::function<void()>& ready, std::initializer_list<server*> servers);

}  // namespace detail

/// Serves with one server, or with several in one loop, until SIGINT or SIGTERM comes: what the
/// `main` of most programs ends with.
///
///     ringlet::tcp_server server({"127.0.0.1", 9999}, echo);
///     ringlet::serve_until_signal(server);
///
/// The first signal lets the handlers go on for each server's `drain_timeout`; a second one cancels
/// them at once. Returns when every server has stopped, also where each was shut down otherwise.
/// Where a server fails, the others are shut down as by a signal, and the first failure is thrown
/// when they have stopped.
///
/// The loop has the options of the first server. Both signals have their former effect again on
/// return. Throws std::system_error where no signals can be awaited, and what `serve_forever`
/// throws. See signal_set for which signals reach it and what a forked child does.
template <std::derived_from<server>... Servers>
void serve_until_signal(server& first, Servers&... more) {
    detail::serve_until_signal([] {}, {&first, &more...});
}

/// Serves until a signal comes, and calls `ready()` once every server is bound and each signal has
/// its effect: the moment to say where the servers listen. Where one cannot serve, `ready` is not
/// called. What it throws ends the serving as a failure of a server does.
///
///     ringlet::serve_until_signal([&] { std::cout << server.server_address() << std::endl; },
///     server);
template <std::invocable Ready, std::derived_from<server>... Servers>
void serve_until_signal(Ready ready, server& first, Servers&... more) {
    detail::serve_until_signal(ready, {&first, &more...});
}

}  // namespace ringlet
