#pragma once

#include <ringlet/base/log_throttle.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/ring/network.hpp>
#include <ringlet/server/concurrency.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet {

/// How a server serves, and its limits. Times are 0 to a year.
struct server_options {
    /// The listening socket of a server of streams; its `backlog` is socketserver's
    /// request_queue_size.
    listener_options listening = {};

    /// The socket of a server of datagrams, and how it receives: `receiving.packet_size_max` is
    /// socketserver's max_packet_size.
    datagram_options datagrams = {};
    datagram_receiver_options receiving = {};

    /// The loop that the server makes for itself, and those of its workers.
    loop_options loop = {};

    /// Where the listening socket is opened: the network of the ring that will serve it.
    network* net = &network::system();

    /// How often each kind of event is reported: failed handlers, overloads.
    log_throttle_options log = {};

    /// Whether the constructor binds and listens. If not, `serve_forever` does; so overridden
    /// `server_bind` and `server_activate` are called, which no constructor can do.
    bool bind_and_activate = true;

    // Concurrency.

    /// Where the handlers run; a threading or forking server has its own default.
    ringlet::concurrency concurrency = ringlet::concurrency::loop;

    /// Threads or children in a pool; 0 stands for as many as there are CPUs for them.
    std::size_t workers = 0;

    /// How a pool of threads gets its requests. With `least_loaded` the serving thread accepts them
    /// and gives each one to the worker that has the fewest. With `reuse_port` each worker accepts
    /// from a socket of its own (SO_REUSEPORT), among which the kernel chooses by the client's
    /// address; that costs less for connections that are short, but connections that wait at a
    /// worker's socket when serving ends are reset.
    enum class hand_over { least_loaded, reuse_port };
    hand_over to_workers = hand_over::least_loaded;

    /// Binds each thread of a pool to a CPU of its own, in turn.
    bool pin_workers = false;

    // While a limit is reached no requests are accepted: clients wait in the backlog.

    /// How many requests are handled at a time. Workers that accept by themselves share it evenly.
    std::size_t max_connections = 65'536;

    /// How many requests are handled at a time by a thread for each request.
    std::size_t max_threads = 1000;

    /// How many requests are handled at a time by a child process for each request.
    std::size_t max_children = 40;

    /// How many threads of thread_per_request may wait for another request when theirs has ended.
    /// Each keeps a stack and a small ring. 0 is a new thread for every request.
    std::size_t idle_threads_max = 64;

    /// How long a thread of thread_per_request waits for another request before it ends.
    std::chrono::milliseconds idle_thread_lifetime{10'000};

    /// How fast requests are accepted.
    rate_limit accept_rate = {};

    /// How many connections one peer may have: see peer_limit. Those beyond are closed. Each child
    /// of a pool counts its own. 0 is any number.
    std::size_t max_connections_per_peer = 0;

    // Time.

    /// How long handlers may go on after `shutdown()` before they are cancelled.
    std::chrono::milliseconds drain_timeout{5000};

    /// How long a child process may take to end once its handlers are cancelled, before it is
    /// killed.
    std::chrono::milliseconds kill_timeout{1000};

    /// How long `handle_request` waits for a request; 0 is for ever.
    std::chrono::milliseconds handle_request_timeout{0};

    /// How long a handler may take for its request before it is cancelled with timed_out; 0 is for
    /// ever.
    std::chrono::milliseconds request_timeout{0};

    /// How long a client may keep a connection waiting, in each of the ways that stream_timeouts
    /// tells apart.
    ringlet::stream_timeouts stream_timeouts = {};

    /// A connection that the handler ends while the client may still be sending is closed for
    /// sending first and read on for at most so long, since closing it with data unread would
    /// destroy the reply on its way; 0 closes at once.
    std::chrono::milliseconds linger_timeout{1000};

    /// How many bytes of a connection that has ended are read on at most, so that no flood is read
    /// for all of `linger_timeout`; 0 closes at once. A client that sends more than this before it
    /// looks for a reply finds its connection reset.
    std::size_t linger_bytes_max = std::size_t{64} << 20U;

    /// How often `service_actions` is called, besides after each request; 0 is never.
    std::chrono::milliseconds service_interval{0};

    /// A child of a pool that dies is replaced after a pause, which doubles from the first to the
    /// longest while children die young, that is, before they have lived for the longest pause.
    /// With a first pause below some 50 ms the ring of the dead child, which the kernel ends later
    /// than the child, may take the news of a client from the others: it then waits for the next
    /// one to come.
    std::chrono::milliseconds restart_pause_first{100};
    std::chrono::milliseconds restart_pause_max{10'000};
};

}  // namespace ringlet
