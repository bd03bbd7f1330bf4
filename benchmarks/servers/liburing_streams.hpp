// Connections on liburing in C style.
//
// One thread, one ring. Multishot accept; per connection one operation at a time: a single-shot
// recv into the connection's own buffer, then a send of what came with MSG_WAITALL, so that the
// kernel finishes short sends. As no operation is in flight when one completes, closing is a plain
// close(2), and nothing is ever cancelled.
#pragma once

#include "server_main.hpp"

// Serves until `stop` is readable. An error of the ring ends the process.
void serve_streams(int listener, int stop, const server_main::options& chosen);
