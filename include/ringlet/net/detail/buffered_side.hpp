#pragma once

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <algorithm>
#include <chrono>
#include <optional>

namespace ringlet::detail {

/// The common part of reader and writer, each of which is one side of a stream: it lets one
/// operation be pending at a time, and keeps operations that do not wait to the loop's rules.
///
/// One thread: the loop's.
class buffered_side {
public:
    buffered_side(const buffered_side&) = delete;
    buffered_side& operator=(const buffered_side&) = delete;

    /// Whether no operation is pending.
    [[nodiscard]] bool idle() const noexcept { return !busy_; }

protected:
    /// Makes a side in the loop that runs in this thread. Each wait for the stream may last for
    /// `timeout`; 0 stands for no limit. Throws std::logic_error, naming `kind`, outside a loop,
    /// and std::invalid_argument for a timeout that is not 0 to a year.
    buffered_side(const char* kind, std::chrono::milliseconds timeout);
    ~buffered_side() {
        check(idle(), "a reader or writer was destroyed while an operation on it was pending; "
                      "cancel the operation and await it first");
    }

    /// Whether an operation may complete without suspending: not in a cancelled scope, nor after
    /// too many in a row did so. Throws std::logic_error, naming `caller`, if an operation is
    /// pending.
    [[nodiscard]] bool may_complete_inline(const char* caller) {
        if (busy_) [[unlikely]]
            refuse(caller);
        return !cancelled() && core_.may_complete_inline();
    }

    /// Makes an operation the pending one while it lives. Throws std::system_error, naming
    /// `caller`, in a cancelled scope.
    class turn {
    public:
        turn(buffered_side& taken, const char* caller) : side_(taken) {
            taken.require_not_cancelled(caller);
            taken.busy_ = true;
        }
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;
        ~turn() { side_.busy_ = false; }

    private:
        buffered_side& side_;
    };

    /// A scope that limits one wait for the stream while it lives, and ends it at `deadline` in any
    /// case; nothing where there is no limit.
    [[nodiscard]] std::optional<cancel_scope>
    wait_limit(loop::clock::time_point deadline = loop::clock::time_point::max()) const {
        if (timeout_ != timeout_.zero())
            deadline = std::min(deadline, core_.now() + timeout_);
        if (deadline == deadline.max())
            return std::nullopt;
        return std::optional<cancel_scope>(std::in_place, deadline);
    }

    loop_core& core_;

private:
    [[nodiscard]] bool cancelled() const noexcept { return core_.scope().cancelled(); }
    void require_not_cancelled(const char* caller) const;
    [[noreturn]] static void refuse(const char* caller);

    std::chrono::milliseconds timeout_;
    bool busy_ = false;
};

}  // namespace ringlet::detail
