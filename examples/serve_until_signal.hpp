#pragma once

#include <ringlet/ringlet.hpp>

#include <chrono>
#include <csignal>
#include <iostream>

/// Says where `server` listens, then serves until SIGINT or SIGTERM: the first one lets the clients
/// finish, a second one does not wait.
inline void serve_until_signal(ringlet::server& server) {
    static ringlet::server* serving = nullptr;
    static volatile std::sig_atomic_t signals = 0;
    serving = &server;
    const auto stop = [](int) {
        signals = signals + 1;
        if (signals == 1)
            serving->shutdown();
        else
            serving->shutdown(std::chrono::seconds(0));
    };
    std::signal(SIGINT, stop);
    std::signal(SIGTERM, stop);
    std::cout << "listening on " << server.server_address() << std::endl;
    server.serve_forever();
}
