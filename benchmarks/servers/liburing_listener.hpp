// The common part of the stream servers on liburing: accepting, and noticing the request to stop.
#pragma once

#include "liburing_ring.hpp"

#include <cstdint>

// The user_data of the listener. That of every other operation is an address, which is never in the
// first page.
enum : std::uint64_t { accept_tag = 1, backoff_tag, stop_tag };

struct ring_listener {
    io_uring* ring;
    int socket;  // a blocking one: with O_NONBLOCK the ring reports EAGAIN where it should wait
    bool stopping;
};

// Begins to accept connections, until `stop` is readable.
void start(ring_listener* l, int stop);

inline bool is_of_listener(const io_uring_cqe& done) {
    return done.user_data <= stop_tag;
}

// Takes a completion of the listener. Gives a connection's descriptor, or -1 if the completion
// brings none. An error that does not pass ends the process.
int take_accepted(ring_listener* l, const io_uring_cqe& done);
