// Closed-loop load on one server: the next message goes out when an earlier one has come back.
#pragma once

#include "latency_histogram.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

using steady = std::chrono::steady_clock;

struct load_settings {
    std::size_t connections = 64;
    std::size_t message_bytes = 64;
    std::size_t pipeline = 1;  // messages in flight per connection
    bool reconnect = false;    // a connection per message
};

struct slice {
    std::uint64_t messages = 0;           // complete and verified
    std::chrono::nanoseconds duration{};  // until the last of them came back
};

// The server lost a connection, answered wrongly, or stopped answering.
struct server_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class closed_loop {
public:
    virtual ~closed_loop() = default;

    // Loads the server until `end`, then waits for what is in flight: on return the server has
    // nothing to do. Throws server_failure; std::system_error when this side is at fault.
    virtual slice run_until(steady::time_point end) = 0;

    latency_histogram latencies;

protected:
    // A server that stays silent for this long has failed, whatever else happens.
    static constexpr int silence_ms_max = 5000;

    // epoll_wait(2) that goes on after signals and takes silence as failure; the number of events.
    static int wait_for_events(int epoll, struct epoll_event* events, int count);
};

std::unique_ptr<closed_loop> make_closed_loop(const sockaddr_in& server,
                                              const load_settings& settings);
