#pragma once

#include <csignal>

namespace ringlet::detail {

/// Blocks signals in this thread, and so in the threads that it starts, until this object is
/// destroyed. Signals that tell of a thread's own fault are not blocked.
class blocked_signals {
public:
    blocked_signals() noexcept;
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
    ~blocked_signals();

private:
    sigset_t before_;
};

}  // namespace ringlet::detail
