// Connects to a server.
#pragma once

#include "../endpoint.hpp"
#include "descriptor.hpp"

#include <chrono>

// Gives a blocking socket that is connected to `server`. Connecting, sending and receiving take at
// most `timeout` each. A socket for Unix datagrams has a name, so that it can be answered. Throws
// server_failure if the server cannot be reached, and std::system_error when this side is at fault.
descriptor dial(const endpoint& server, std::chrono::milliseconds timeout);
