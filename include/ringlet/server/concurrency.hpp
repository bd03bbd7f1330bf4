#pragma once

namespace ringlet {

/// Where the handlers of a server run. A request is a connection or a datagram.
enum class concurrency {
    /// Handlers are coroutines of the loop that accepts the requests.
    loop,

    /// Handlers run in a pool of worker threads. Each worker has a loop of its own, in which its
    /// handlers are coroutines. A handler that blocks delays the other handlers of its worker only.
    threads,

    /// Each handler runs in a thread of its own, as in socketserver. This suits handlers that
    /// block.
    thread_per_request,

    /// Handlers run in a pool of child processes. The server forks the children when serving begins
    /// and replaces a child that dies. The children accept the requests themselves.
    forks,

    /// Each handler runs in a child process of its own, as in socketserver. A crash harms one
    /// client only.
    fork_per_request,
};

}  // namespace ringlet
