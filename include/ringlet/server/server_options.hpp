#pragma once

#include <ringlet/loop/loop_options.hpp>
#include <ringlet/net/listener_options.hpp>
#include <ringlet/ring/network.hpp>

#include <chrono>

namespace ringlet {

/// How a server serves, and its limits. Times are 0 to a year.
struct server_options {
    /// The listening socket; its `backlog` is socketserver's request_queue_size.
    listener_options listening;

    /// The loop that the server makes for itself.
    loop_options loop;

    /// Where the listening socket is opened: the network of the ring that will serve it.
    network* net = &network::system();

    /// How long handlers may go on after `shutdown()` before they are cancelled.
    std::chrono::milliseconds drain_timeout{5000};

    /// How long `handle_request` waits for a request; 0 is for ever.
    std::chrono::milliseconds timeout{0};

    /// A connection that the handler ends while the client may still be sending is closed for
    /// sending first and read on for at most so long, since closing it with data unread would
    /// destroy the reply on its way; 0 closes at once.
    std::chrono::milliseconds linger_timeout{1000};
};

}  // namespace ringlet
