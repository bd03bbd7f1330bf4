#pragma once

#include <ringlet/base/thread_pool.hpp>

#include <liburing.h>
#include <linux/openat2.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

namespace ringlet::detail::epoll {

class workers;

/// What an SQE points to that io_uring lets go of once it is submitted.
struct kept_memory {
    msghdr header{};
    std::vector<iovec> buffers;
    std::vector<std::byte> name;  // of a socket or a file
    std::vector<std::byte> control;
    open_how how{};
};

/// An SQE that has been taken over and could not be carried out at once. It is in the queue of what
/// it waits for.
struct waiting_operation final : thread_pool::job, io_uring_sqe {
    /// What it waits for. Nothing any more, where its descriptor was closed: only a cancel ends it.
    enum class awaited { input, output, events, worker, time, nothing };

    // In a worker's thread: see workers.
    void work() noexcept override;
    void report_end() noexcept override;

    awaited waits_for = awaited::nothing;
    bool armed = false;    // epoll has been told
    std::size_t done = 0;  // what a transfer has moved so far
    int result = 0;        // a worker's
    workers* worked_by = nullptr;
    bool worked_on = false;
    std::chrono::milliseconds pause{0};  // until it is tried again
    std::unique_ptr<kept_memory> kept;   // kept for the next use
    waiting_operation* next_in_bucket = nullptr;
};

}  // namespace ringlet::detail::epoll
