// A broadcast on liburing in C style: the server sends the bytes that a connection receives to all
// connections, from the buffer that they were received in, with one send at a time for each
// connection, and submits all of these together.
#pragma once

#include "server_main.hpp"

// Serves until `stop` is readable. An error of the ring ends the process.
void serve_broadcast(int listener, int stop, const server_main::options& chosen);
