#pragma once

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <csignal>
#include <iostream>

/// Shuts `server` down when SIGINT or SIGTERM comes: the first one lets the clients finish, a
/// second one does not wait.
inline ringlet::task<> obey_signals(ringlet::server& server, ringlet::signal_set& signals) {
    co_await signals.wait();
    server.shutdown();
    for (;;) {
        co_await signals.wait();
        server.shutdown(std::chrono::seconds(0));
    }
}

/// Says where `server` listens, then serves until SIGINT or SIGTERM.
inline void serve_until_signal(ringlet::server& server) {
    ringlet::signal_set signals(SIGINT, SIGTERM);
    std::cout << "listening on " << server.server_address() << std::endl;
    ringlet::block_on(ringlet::when_any(server.serve(), obey_signals(server, signals)));
}
