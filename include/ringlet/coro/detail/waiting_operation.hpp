#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

/// The common part of operations that wait in line, first come, first served. `Kind` is the class
/// that derives from it, and says how a waiting operation is granted.
template <class Kind>
class waiting_operation : public operation {
    struct queue_entry : list_hook {
        explicit queue_entry(waiting_operation& waiting) noexcept : owner(waiting) {}
        waiting_operation& owner;
    };

public:
    /// A line of waiting operations, which must be empty when it is destroyed.
    class queue {
    public:
        queue() noexcept = default;
        queue(const queue&) = delete;
        queue& operator=(const queue&) = delete;
        ~queue() {
            check(empty(),
                  "something was destroyed while a coroutine waited for it; cancel the "
                  "coroutine and await it first; what the tasks of a group use is declared "
                  "outside of the group's body");
        }

        [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
        [[nodiscard]] Kind& front() noexcept { return static_cast<Kind&>(entries_.front().owner); }

    private:
        friend waiting_operation;
        intrusive_list<queue_entry> entries_;
    };

protected:
    /// Makes an operation that waits in `line`. `name` is the awaited function's. Throws
    /// std::logic_error outside a loop. Awaiting it throws std::system_error, or stores the error
    /// in `error`.
    waiting_operation(const char* name, queue& line, error_sink error)
        : operation(loop_core::require_current(name)), queue_(line), name_(name), error_(error) {}
    ~waiting_operation() = default;

    /// Takes what the operation waits for, if it is there and no other operation waits ahead.
    /// Whether the wait has ended; if what it waits for can never come, that is true too, with
    /// `-errno` in `result_`.
    [[nodiscard]] virtual bool attempt() = 0;

    [[nodiscard]] bool nobody_ahead() const noexcept { return queue_.empty(); }

    void join_line() noexcept { queue_.entries_.push_back(entry_); }
    void leave_line() noexcept { entry_.unlink(); }
    [[nodiscard]] bool in_line() const noexcept { return entry_.linked(); }

    /// Reports the error, if there was one; every `await_resume` ends with it.
    void finish() const { report(error_, name_); }

private:
    queue& queue_;
    queue_entry entry_{*this};
    const char* name_;
    error_sink error_;
};

}  // namespace ringlet::detail
