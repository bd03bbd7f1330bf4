#pragma once

#include "blocking_client.hpp"
#include "catch.hpp"

#include <ringlet/server/server.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <csignal>

/// A client that is served, so that the server's process awaits signals by now.
inline blocking_client served_client(const ringlet::server& server) {
    blocking_client client(server.server_address());
    client.send("hello");
    CHECK(client.receive(5) == "hello");
    return client;
}

/// Sends a signal to this process.
inline void send_signal(int number) {
    CHECK(::kill(::getpid(), number) == 0);
}
