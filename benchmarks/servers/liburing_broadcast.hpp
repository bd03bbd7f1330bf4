// A broadcast on liburing in C style: what a connection receives is sent to all from the buffer it
// was received in, one send at a time for each, and all of them submitted together.
#pragma once

#include "server_main.hpp"

// Serves until `stop` is readable. What the ring refuses ends the process.
void serve_broadcast(int listener, int stop, const server_main::options& chosen);
