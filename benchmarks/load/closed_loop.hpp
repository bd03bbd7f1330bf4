// Closed-loop load on one server: the next message goes out when an earlier one has come back. Some
// can go over to an open loop, in which messages go out at fixed times, whatever has come back.
#pragma once

#include "latency_histogram.hpp"
#include "load_settings.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>

using steady = std::chrono::steady_clock;

struct slice {
    std::uint64_t messages = 0;           // complete and verified, at each who was to get it
    std::chrono::nanoseconds duration{};  // until the last of them came back
};

// The failure of a server: it has lost a connection, answered wrongly, or stopped answering.
struct server_failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class closed_loop {
public:
    virtual ~closed_loop() = default;

    // Loads the server until `end`, then waits for the messages in flight, so that the server is
    // idle on return. Throws server_failure, and std::system_error when this side is at fault.
    virtual slice run_until(steady::time_point end) = 0;

    // From the next slice on messages are due at this rate, evenly spaced, and a latency runs from
    // the time at which its message was due. Throws std::logic_error where there is no open loop.
    virtual void open(double messages_per_second);

    latency_histogram latencies;

    // The number of datagrams that were sent again, since no answer came.
    std::uint64_t lost = 0;

protected:
    // A server that stays silent for this long has failed, whatever else happens.
    static constexpr int silence_ms_max = 5000;

    // Calls epoll_wait(2), goes on after signals, and takes silence as a failure. Gives the number
    // of events.
    static int wait_for_events(int epoll, struct epoll_event* events, int count);

    // Checks the result of a call on a socket: a failure that does not pass is the server's. False
    // if the call has to be tried again later.
    static bool went_through(ssize_t result, const char* operation);
};

std::unique_ptr<closed_loop> make_closed_loop(const endpoint& server,
                                              const load_settings& settings);
