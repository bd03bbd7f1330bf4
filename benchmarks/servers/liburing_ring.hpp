// The ring of the servers on liburing: the best that the kernel offers, and its loop.
#pragma once

#include <liburing.h>

#include <cerrno>

// Says what failed and ends the process. `result` is a negative errno.
[[noreturn]] void die(const char* operation, int result);

void create_ring(io_uring* ring);

// Gives a free SQE. If the queue is full, it submits the queue first.
io_uring_sqe* next_sqe(io_uring* ring);

// Submits the operations that have been prepared and waits for a completion, for no longer than
// `timeout`, if there is one.
inline void submit_and_wait(io_uring* ring, __kernel_timespec* timeout = nullptr) {
    io_uring_cqe* first;
    const int result = timeout == nullptr
                           ? io_uring_submit_and_wait(ring, 1)
                           : io_uring_submit_and_wait_timeout(ring, &first, 1, timeout, nullptr);
    // EBUSY, EAGAIN: the kernel wants completions taken before it takes more submissions.
    if (result < 0 && result != -EINTR && result != -EBUSY && result != -EAGAIN && result != -ETIME)
        die("io_uring_enter", result);
}

// Handles all completions there are.
template <class Handle>
void each_completion(io_uring* ring, Handle handle) {
    unsigned head;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(ring, head, cqe) {
        const io_uring_cqe done = *cqe;
        io_uring_cq_advance(ring, 1);  // first: a full queue could stop next_sqe from submitting
        handle(done);
    }
}
