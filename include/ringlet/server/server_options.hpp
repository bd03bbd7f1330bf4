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
#include <ringlet/server/establish_step.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ringlet {

/// The options and limits of a server. Each time is 0 to a year.
struct server_options {
    /// The server's name in the reports of its operation, and for a successor that is to serve the
    /// server's socket; empty for none. A server that is made from a named_socket has the name of
    /// that.
    std::string name = {};

    /// The options of a stream server's listening socket. Their `backlog` is socketserver's
    /// request_queue_size.
    listener_options listening = {};

    /// The options of a datagram server's socket. Replies that Unix clients have yet to receive
    /// take room in its send buffer, which all clients share; so a `send_buffer_size` of 0 stands
    /// for 4 MiB there, or as much of it as the system allows (net.core.wmem_max). UDP drops what
    /// finds no room in the receive buffer; so a `receive_buffer_size` of 0 stands for 4 MiB there,
    /// or as much of it as the system allows (net.core.rmem_max), unless the socket was made by
    /// another program, which has chosen its size.
    datagram_options datagrams = {};

    /// The options for receiving datagrams. Their `packet_size_max` is socketserver's
    /// max_packet_size.
    datagram_receiver_options receiving = {};

    /// The options of the loop that the server makes for itself, and of its workers' loops.
    loop_options loop = {};

    /// The network in which the server opens its listening socket: that of the ring that will serve
    /// it. nullptr is network::current() of the thread in which it opens.
    network* net = nullptr;

    /// The rate at which the server reports each kind of event to the log, such as failed handlers
    /// and overloads.
    log_throttle_options log = {};

    /// Whether the constructor binds and listens. If not, `serve_forever` does it and calls
    /// overrides of `server_bind` and `server_activate`; a constructor cannot call overrides.
    bool bind_and_activate = true;

    /// The steps through which a server takes each connection, or datagram, before its handler, in
    /// this order: see establish_step. They run where the request is handled, and have
    /// `establish_timeout` together. A stream server's hook `verify_request` comes after them; a
    /// datagram server's before.
    std::vector<establish_step> establish = {};

    // Concurrency.

    /// The place where the handlers run. A threading or forking server has its own default.
    ringlet::concurrency concurrency = ringlet::concurrency::loop;

    /// The number of threads or children in a pool; 0 stands for the number of CPUs that the
    /// process may use.
    std::size_t workers = 0;

    /// The way in which a pool of threads gets its requests. With `least_loaded` the serving thread
    /// accepts the requests and gives each one to the worker that has the fewest. With `reuse_port`
    /// each worker accepts from a socket of its own (SO_REUSEPORT), and the kernel chooses among
    /// the sockets by the client's address. `reuse_port` costs less for short connections, but
    /// a client waits for its own worker, even where that is busy and another one is idle.
    enum class hand_over { least_loaded, reuse_port };

    /// The way in which a pool of threads gets its requests: see hand_over.
    hand_over to_workers = hand_over::least_loaded;

    /// Whether the server binds each thread of a pool to a CPU of its own, in turn.
    bool pin_workers = false;

    // Limits. While the server has reached one it accepts no requests: clients wait in the backlog,
    // unless `at_maximum` says otherwise.

    /// The number of requests that the server handles at a time. Workers that accept by themselves
    /// share it evenly.
    std::size_t max_connections = 65'536;

    /// The number of requests that concurrency::thread_per_request handles at a time.
    std::size_t max_threads = 1000;

    /// The number of requests that concurrency::fork_per_request handles at a time.
    std::size_t max_children = 40;

    /// The treatment of stream clients beyond `max_connections`, `max_threads` and `max_children`.
    /// With `wait` a client stays in the backlog until another one has gone. With `refuse` the
    /// server accepts the client, calls the hook `refuse_request`, which may say why, and closes
    /// the connection; `server_counters::refused` counts it. Workers that accept in the same moment
    /// may exceed `max_connections` by one each then.
    enum class limit_policy { wait, refuse };

    /// The treatment of stream clients beyond the maximum: see limit_policy.
    limit_policy at_maximum = limit_policy::wait;

    /// The number of connections of this process that may be in the steps of `establish` at a time.
    /// The server closes further ones, and `server_counters::refused` counts them.
    std::size_t establishing_max = 10'000;

    /// The number of clients to which the hook `refuse_request` speaks at a time. The connections
    /// of further ones are closed without a word.
    std::size_t refusals_max = 64;

    /// The number of threads of concurrency::thread_per_request that may wait for another request
    /// when theirs has ended. Each of them keeps a stack and a small ring. With 0 every request
    /// gets a new thread.
    std::size_t idle_threads_max = 64;

    /// The time that a thread of concurrency::thread_per_request waits for another request before
    /// it ends.
    std::chrono::milliseconds idle_thread_lifetime{10'000};

    /// The rate at which the server accepts requests.
    rate_limit accept_rate = {};

    /// The number of connections that one peer may have. A peer is an IPv4 host or the first 64
    /// bits of an IPv6 address, by the address of the socket: behind a proxy it is the proxy. Unix
    /// peers have no limit. The server refuses further connections: see the hook `refuse_request`.
    /// Each child of a pool counts its own connections. With 0 a peer may have any number.
    std::size_t max_connections_per_peer = 0;

    /// The number of replies of a datagram server that may wait at a time for room at their Unix
    /// clients. It is never more than half of the requests that the server handles at a time, but 1
    /// at least. The server drops a reply that may not wait.
    std::size_t waiting_replies_max = 32;

    /// The number of replies to one Unix client that may wait at a time for room. A client that
    /// sends many requests before it receives the answers needs so many, beside the room that its
    /// socket has (net.unix.max_dgram_qlen).
    std::size_t waiting_replies_per_client_max = 16;

    // Time.

    /// The time for which handlers may go on after `shutdown()` before the server cancels them.
    std::chrono::milliseconds drain_timeout{5000};

    /// The time that a child process has to end once its handlers are cancelled. The server kills
    /// the child after that.
    std::chrono::milliseconds kill_timeout{1000};

    /// The time that `handle_request` waits for a request; 0 is for ever.
    std::chrono::milliseconds handle_request_timeout{0};

    /// The time that a request has for the steps of `establish`. The server then closes the
    /// connection, or drops the datagram; 0 is for ever.
    std::chrono::milliseconds establish_timeout{10'000};

    /// The time that the hook `verify_request` of a stream server has. The server then refuses the
    /// client; 0 is for ever.
    std::chrono::milliseconds verify_timeout{10'000};

    /// The time that the hook `refuse_request` has to tell a client that it is refused; 0 is for
    /// ever.
    std::chrono::milliseconds refusal_timeout{1000};

    /// The time that a handler has for its request. The server then cancels the handler with
    /// timed_out; 0 is for ever.
    std::chrono::milliseconds request_timeout{0};

    /// The time for which a reply of a datagram server waits for room: at a Unix client that does
    /// not receive, or, over UDP, in this machine. The server then drops the reply, and the handler
    /// gets timed_out. With 0 no reply waits.
    std::chrono::milliseconds reply_timeout{1000};

    /// The times for which a client may keep a connection waiting, in each of the ways that
    /// stream_timeouts tells apart.
    ringlet::stream_timeouts stream_timeouts = {};

    /// The longest time for which the server reads on a connection that a handler has ended while
    /// the client may still be sending. The server first ends its own sending, then reads on and
    /// discards, since closing with unread data would destroy the reply on its way. With 0 the
    /// server closes at once. A handler that has closed the connection itself, knowing that nothing
    /// of the client is on its way, saves the time.
    std::chrono::milliseconds linger_timeout{1000};

    /// The most bytes that the server reads on a connection that a handler has ended, so that it
    /// does not read a flood for all of `linger_timeout`. A client that sends more bytes before it
    /// looks for a reply finds its connection reset. With 0 the server closes at once.
    std::size_t linger_bytes_max = std::size_t{64} << 20U;

    /// The interval at which the server calls `service_actions`, besides the call after each
    /// request; 0 is never.
    std::chrono::milliseconds service_interval{0};

    /// The first pause before the server replaces a child of a pool that has died. The pause
    /// doubles up to `restart_pause_max` while children die young, that is, before they have lived
    /// for `restart_pause_max`.
    std::chrono::milliseconds restart_pause_first{100};

    /// The longest pause before the server replaces a child of a pool that has died. See
    /// `restart_pause_first`.
    std::chrono::milliseconds restart_pause_max{10'000};
};

}  // namespace ringlet
