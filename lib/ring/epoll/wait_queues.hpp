#pragma once

#include "completion_writer.hpp"
#include "descriptor_table.hpp"
#include "op_description.hpp"
#include "operation_index.hpp"
#include "workers.hpp"

#include <map>

namespace ringlet::detail::epoll {

/// The operations that wait, and where: at a descriptor, for time, or for a worker. Each moves from
/// place to place until it is finished.
class wait_queues {
public:
    using clock = ring::clock;
    using time_point = clock::time_point;

    /// CQEs go to `completions`. Throws std::system_error where there is no descriptor left.
    explicit wait_queues(completion_writer& completions);
    wait_queues(const wait_queues&) = delete;
    wait_queues& operator=(const wait_queues&) = delete;

    /// Operations that still wait are forgotten; those that a worker carries out are waited for.
    ~wait_queues();

    [[nodiscard]] descriptor_table& descriptors() noexcept { return descriptors_; }
    [[nodiscard]] const operation_index& operations() const noexcept { return operations_; }

    /// Whether an operation waits at `fd`, behind which one that awaits `direction` has to queue.
    [[nodiscard]] bool has_queue(int fd, awaited direction);

    /// Takes over an SQE that has to wait, as its description says. Throws std::bad_alloc.
    void add(const op_description& description, const io_uring_sqe& sqe, const progress& so_far);

    /// Moves an operation, from wherever it waits, to the workers; finishes it where there is none.
    void hand_to_worker(waiting_operation& operation);

    /// Moves an operation from its descriptor's queue to those that are attempted again after a
    /// pause, which grows from time to time.
    void pause(waiting_operation& operation);

    /// The file of an operation is gone: only a cancel ends it.
    void forsake(waiting_operation& operation) noexcept;

    /// Finishes an operation with -ECANCELED. False where a worker carries it out: then it ends
    /// with its result.
    [[nodiscard]] bool cancel(waiting_operation& operation);

    /// Posts the final CQE of an operation and forgets it.
    void finish(waiting_operation& operation, outcome ended);

    /// When the first of those that wait for time is due; `ring::no_deadline` where none is.
    [[nodiscard]] time_point next_due() const noexcept;

    /// An operation that is due at `now` and waits for time no longer, or nullptr.
    [[nodiscard]] waiting_operation* take_due(time_point now) noexcept;

    /// Readable once a worker has ended something, until `finish_worked`.
    [[nodiscard]] int worker_signal() const noexcept { return workers_.native_handle(); }

    /// Finishes what the workers have ended.
    void finish_worked();

private:
    void stop_timer(const waiting_operation& operation) noexcept;

    completion_writer& completions_;
    operation_index operations_;
    descriptor_table descriptors_;
    workers workers_;
    intrusive_list<waiting_operation> forsaken_;  // those whose descriptor was closed
    std::multimap<time_point, waiting_operation*> timeouts_;
};

inline bool wait_queues::has_queue(int fd, awaited direction) {
    if (direction == awaited::input)
        return !descriptors_.at(fd).input.empty();
    return direction == awaited::output && !descriptors_.at(fd).output.empty();
}

}  // namespace ringlet::detail::epoll
