// Datagrams on liburing in C style: a multishot recvmsg into a ring of buffers, and a sendmsg from
// the buffer that a datagram came in.
#pragma once

#include "server_main.hpp"

// Serves until `stop` is readable. An error of the ring ends the process.
void serve_datagrams(int socket, int stop, const server_main::options& chosen);
