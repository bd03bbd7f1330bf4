// Connecting to a server.
#pragma once

#include "../endpoint.hpp"
#include "descriptor.hpp"

#include <chrono>

// A blocking socket, connected. Connecting, sending and receiving take at most so long each. One
// for Unix datagrams has a name, so that it can be answered. Throws server_failure where the server
// cannot be reached; std::system_error when this side is at fault.
descriptor dial(const endpoint& server, std::chrono::milliseconds patience);
