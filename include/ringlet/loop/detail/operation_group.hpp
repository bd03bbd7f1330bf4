#pragma once

#include <ringlet/loop/detail/pending_operations.hpp>
#include <ringlet/loop/detail/ring_operation.hpp>

namespace ringlet::detail {

class grouped_operation;

/// The operations that are pending on an object which takes any number of them at once. A stream
/// takes one each way: see direction.
///
/// One thread: the loop's.
class operation_group : public pending_operations {
public:
    /// Makes `started` one of the pending operations, until `end`.
    void begin(grouped_operation& started) noexcept;

    /// Notes that an operation has ended. It does nothing for an operation that never began.
    void end(grouped_operation& ended) noexcept;

    /// Cancels every operation that is pending, and those that begin before all of them have ended.
    void cancel();

protected:
    ~operation_group() = default;

private:
    [[nodiscard]] grouped_operation* newest_member() const noexcept;
    void begin_beside_others(grouped_operation& started) noexcept;
    void end_among_others(grouped_operation& ended) noexcept;

    bool cancelling_ = false;  // whether an operation that begins is cancelled
};

/// An operation of the ring that is a member of a group while it is pending.
class grouped_operation : public ring_operation {
protected:
    /// Makes an operation on the descriptor `fd`; `group` is that of its object, or nullptr for a
    /// descriptor that the caller keeps open meanwhile.
    grouped_operation(loop_core& core, int fd, operation_group* group, int enough = 0) noexcept
        : ring_operation(core, enough), fd_(fd), group_(group) {}
    ~grouped_operation() = default;

    /// Suspends `waiter`; from then on, until `end`, the operation is pending on its object.
    void suspend(suspension waiter) noexcept {
        note_waiter(waiter);
        take_part();
    }
    void take_part() noexcept {
        ring_operation::take_part();
        begin();
    }
    void begin() noexcept {
        if (group_ != nullptr)
            group_->begin(*this);
    }

    /// Notes that the operation is not pending any more; the first step of going on.
    void end() noexcept {
        if (group_ != nullptr)
            group_->end(*this);
    }

    int fd_;
    operation_group* group_;

private:
    friend operation_group;

    grouped_operation* older_ = nullptr;
    grouped_operation* newer_ = nullptr;
};

inline void operation_group::begin(grouped_operation& started) noexcept {
    if (!empty()) {
        begin_beside_others(started);
        return;
    }
    head_ = &started;
    cancelling_ = false;
}

inline void operation_group::end(grouped_operation& ended) noexcept {
    if (head_ == &ended && ended.older_ == nullptr)
        head_ = nullptr;
    else
        end_among_others(ended);
}

}  // namespace ringlet::detail
