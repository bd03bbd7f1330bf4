#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

/// What operations have in common that wait in line, first come, first served; `Kind` is the class
/// that derives from it, and says how one is granted what it waits for.
template <class Kind>
class waiting_operation : public operation {
    struct place : list_hook {
        explicit place(waiting_operation& waiting) noexcept : owner(waiting) {}
        waiting_operation& owner;
    };

public:
    /// A line of waiting operations; it must be empty when it is destroyed.
    class queue {
    public:
        queue() noexcept = default;
        queue(const queue&) = delete;
        queue& operator=(const queue&) = delete;
        ~queue() {
            check(empty(), "something was destroyed while a coroutine waited for it; cancel the "
                           "coroutine and await it first");
        }

        [[nodiscard]] bool empty() const noexcept { return places_.empty(); }
        [[nodiscard]] Kind& front() noexcept { return static_cast<Kind&>(places_.front().owner); }

    private:
        friend waiting_operation;
        intrusive_list<place> places_;
    };

protected:
    /// `name` is the awaited function's. Throws std::logic_error outside a loop. An error goes to
    /// `error`, or is thrown where that is nullptr.
    waiting_operation(const char* name, queue& line, std::error_code* error)
        : operation(loop_core::require_current(name)), queue_(line), name_(name), error_(error) {}
    ~waiting_operation() = default;

    /// Takes what is waited for, if it is there and nobody waits ahead. That it will never be there
    /// is an end too: then true, with `-errno` in `result_`.
    [[nodiscard]] virtual bool attempt() = 0;

    [[nodiscard]] bool nobody_ahead() const noexcept { return queue_.empty(); }

    void join_line() noexcept { queue_.places_.push_back(place_); }
    void leave_line() noexcept { place_.unlink(); }
    [[nodiscard]] bool in_line() const noexcept { return place_.linked(); }

    /// The end of every `await_resume`: reports the error, if there was one.
    void finish() const { report(error_, name_); }

private:
    queue& queue_;
    place place_{*this};
    const char* name_;
    std::error_code* error_;
};

}  // namespace ringlet::detail
