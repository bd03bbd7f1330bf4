#include "liburing_ring.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>

[[noreturn]] void die(const char* operation, int result) {
    std::fprintf(stderr, "liburing_echo: %s: %s\n", operation, std::strerror(-result));
    std::exit(1);
}

// Best flags first; a kernel that does not know one answers EINVAL.
void create_ring(io_uring* ring) {
    constexpr unsigned always = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    constexpr unsigned candidates[] = {
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_COOP_TASKRUN,
        always | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN,
        always,
    };
    int result = -EINVAL;
    for (auto flags = std::begin(candidates); result == -EINVAL && flags != std::end(candidates);
         ++flags) {
        io_uring_params params{};
        params.flags = *flags;
        params.cq_entries = 16 * 1024;
        result = io_uring_queue_init_params(1024, ring, &params);
    }
    if (result < 0)
        die("io_uring_setup", result);
    io_uring_register_ring_fd(
        ring);  // saves looking the descriptor up on every enter; works without
}

io_uring_sqe* next_sqe(io_uring* ring) {
    io_uring_sqe* sqe;
    while ((sqe = io_uring_get_sqe(ring)) == nullptr) {
        const int result = io_uring_submit(ring);
        if (result < 0 && result != -EINTR && result != -EBUSY && result != -EAGAIN)
            die("io_uring_submit", result);
    }
    return sqe;
}
