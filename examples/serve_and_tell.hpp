#pragma once

#include <ringlet/ringlet.hpp>

#include <iostream>

/// Prints the address at which `server` listens, then serves until SIGINT or SIGTERM comes.
inline void serve_and_tell(ringlet::server& server) {
    const auto tell = [&] { std::cout << "listening on " << server.server_address() << std::endl; };
    ringlet::serve_until_signal(tell, server);
}
