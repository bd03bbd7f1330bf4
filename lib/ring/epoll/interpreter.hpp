#pragma once

#include "buffer_groups.hpp"
#include "completion_writer.hpp"
#include "descriptor_table.hpp"
#include "operation_index.hpp"
#include "workers.hpp"

#include <ringlet/ring/epoll_ring.hpp>

#include <map>
#include <optional>

namespace ringlet {

/// What stands in the kernel's place: takes SQEs, and posts their CQEs.
class epoll_ring::interpreter {
public:
    using time_point = clock::time_point;

    /// CQEs go to `completions`. Throws std::system_error where there is no descriptor left.
    explicit interpreter(detail::epoll::completion_writer& completions);
    interpreter(const interpreter&) = delete;
    interpreter& operator=(const interpreter&) = delete;
    ~interpreter();

    /// Carries out one SQE as far as that is possible now. Throws std::bad_alloc.
    void take(const io_uring_sqe& sqe);

    /// Waits for something to be ready until `deadline`, and goes on with what waited for it. One
    /// that has passed makes it look, and not wait. False where a signal came.
    bool wait_until(time_point deadline);

private:
    using waiting = detail::epoll::waiting_operation;
    using awaited = waiting::awaited;

    /// A final CQE's.
    struct outcome {
        int result;
        unsigned flags = 0;
    };

    void take_at_descriptor(const io_uring_sqe& sqe);
    void take_read_write(const io_uring_sqe& sqe);
    void take_poll(const io_uring_sqe& sqe);
    void take_timeout(const io_uring_sqe& sqe);
    void take_cancel(const io_uring_sqe& sqe);
    int close(int fd);

    [[nodiscard]] std::optional<outcome> attempt(const io_uring_sqe& sqe, std::size_t& done,
                                                 waiting* resumed);
    [[nodiscard]] std::optional<outcome> receive(const io_uring_sqe& sqe, std::size_t& done);
    [[nodiscard]] std::optional<outcome> receive_selecting(const io_uring_sqe& sqe);
    [[nodiscard]] std::optional<outcome> accept(const io_uring_sqe& sqe);
    [[nodiscard]] static std::optional<outcome> outcome_of(std::optional<int> result) noexcept;
    waiting& take_over(const io_uring_sqe& sqe, awaited what);
    waiting& wait_at_descriptor(const io_uring_sqe& sqe, awaited what);
    void hand_to_worker(waiting& one);
    void ready(int fd, std::uint32_t events);
    void go_on(detail::intrusive_list<waiting>& queue);
    void go_on_later(waiting& one);
    void arm();
    void forsake(waiting& one) noexcept;
    void expire(time_point now);
    void stop_timer(waiting& one) noexcept;
    void collect_work();

    [[nodiscard]] bool cancel(waiting& one);
    void finish(waiting& one, int result, unsigned flags = 0);
    void post(const io_uring_sqe& sqe, int result, unsigned flags = 0);

    detail::epoll::completion_writer& completions_;
    detail::epoll::operation_index operations_;
    detail::epoll::descriptor_table descriptors_;
    detail::epoll::buffer_groups buffers_;
    detail::epoll::workers workers_;
    detail::intrusive_list<waiting> forsaken_;  // whose descriptor was closed
    std::multimap<time_point, waiting*> timeouts_;
};

}  // namespace ringlet
