#pragma once

#include <csignal>

namespace ringlet::detail {

/// Whether a signal tells of a thread's own fault, so that blocking it would only hide that.
[[nodiscard]] bool tells_of_fault(int number) noexcept;

/// Blocks signals in this thread, until this object is destroyed: around a fork(2), for a child
/// that is not to take any before it has made ready for them. Signals that tell of a thread's own
/// fault are not blocked.
class blocked_signals {
public:
    blocked_signals() noexcept;
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
    ~blocked_signals();

    /// What this thread will block once the last object of this class is gone that it has now, or
    /// nullptr where it has none: a child of fork(2) corrects it. Objects of a thread end in the
    /// reverse order of their making.
    [[nodiscard]] static sigset_t* mask_at_end() noexcept;

private:
    static thread_local blocked_signals* outermost;

    sigset_t before_;
};

}  // namespace ringlet::detail
