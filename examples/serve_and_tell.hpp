#pragma once

#include <ringlet/ringlet.hpp>

#include <iostream>

/// Says where `server` listens, then serves until SIGINT or SIGTERM.
inline void serve_and_tell(ringlet::server& server) {
    const auto tell = [&] { std::cout << "listening on " << server.server_address() << std::endl; };
    ringlet::serve_until_signal(tell, server);
}
