#pragma once

#include "ring_state.hpp"

namespace ringlet::detail::epoll {

/// Stands in the kernel's place: takes SQEs, and posts their CQEs. It knows of no opcode more than
/// its description says.
class interpreter {
public:
    using clock = ring::clock;
    using time_point = clock::time_point;

    /// CQEs go to `completions`. Throws std::system_error where there is no descriptor left.
    explicit interpreter(completion_writer& completions) : ring_(completions) {}
    interpreter(const interpreter&) = delete;
    interpreter& operator=(const interpreter&) = delete;

    /// Carries out one SQE as far as that is possible now. Throws std::bad_alloc.
    void take(const io_uring_sqe& sqe);

    /// Waits for something to be ready until `deadline`, and goes on with what waited for it. It
    /// does not wait where `deadline` has passed. False where a signal came.
    bool wait_until(time_point deadline);

private:
    void post(const io_uring_sqe& sqe, outcome ended);
    void arm();
    void ready(int fd, std::uint32_t events);
    void go_on(intrusive_list<waiting_operation>& queue);
    void expire(time_point now);

    ring_state ring_;
};

}  // namespace ringlet::detail::epoll
