// Connections that have exchanged one message and are silent since. A process of their own holds
// them, so that they take no descriptors and no time from the load.
#pragma once

#include "../endpoint.hpp"
#include "load_settings.hpp"

#include <sys/types.h>

class idle_connections {
public:
    // Connects all clients, and waits until each of them has been answered. Throws server_failure
    // if the server does not answer, std::system_error.
    idle_connections(const endpoint& server, const load_settings& settings);
    ~idle_connections();
    idle_connections(const idle_connections&) = delete;
    idle_connections& operator=(const idle_connections&) = delete;

private:
    void end() noexcept;

    pid_t holder_ = -1;
};
