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

struct op_description;
class workers;

/// The thing that an operation waits for: `nothing` once its descriptor was closed, so that only a
/// cancel ends it.
enum class awaited { input, output, events, worker, time, nothing };

/// Copies of the memory that an SQE points to, which io_uring does not use any more once the SQE is
/// submitted.
struct kept_memory {
    msghdr header{};
    std::vector<iovec> buffers;
    std::vector<std::byte> name;  // of a socket or a file
    std::vector<std::byte> control;
    open_how how{};
};

/// How far the attempts to carry out an SQE have come.
struct progress {
    std::size_t done = 0;         // bytes moved so far
    bool waited = false;          // false in the first attempt
    kept_memory* kept = nullptr;  // stands for what the SQE pointed to, where the opcode keeps that
};

/// An SQE that has been taken over and could not be carried out at once. It is in the queue of what
/// it waits for.
struct waiting_operation final : thread_pool::job, io_uring_sqe {
    // In a worker's thread: see workers.
    void work() noexcept override;
    void report_end() noexcept override;

    const op_description* description = nullptr;
    progress so_far;
    awaited waits_for = awaited::nothing;
    bool armed = false;  // epoll has been told
    int result = 0;      // a worker's
    workers* worked_by = nullptr;
    bool worked_on = false;
    std::chrono::milliseconds pause{0};  // until it is tried again
    std::unique_ptr<kept_memory> kept;   // recycled with the operation
    waiting_operation* next_in_bucket = nullptr;
};

}  // namespace ringlet::detail::epoll
