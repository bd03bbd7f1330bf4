#pragma once

namespace ringlet {

/// Where the handlers of a server run. A request is a connection, or a datagram.
enum class concurrency {
    /// All of them as coroutines of the loop that takes the requests.
    loop,

    /// In a pool of worker threads, each with a loop of its own in which its handlers are
    /// coroutines. One that blocks holds up the others of its worker only.
    threads,

    /// Each in a thread of its own, as socketserver does it: for handlers that block.
    thread_per_request,

    /// In a pool of child processes, forked when serving begins, which take the requests themselves
    /// and are replaced when they die.
    forks,

    /// Each in a child process of its own, as socketserver does it: a crash takes one client with
    /// it.
    fork_per_request,
};

}  // namespace ringlet
