#pragma once

#include <csignal>

namespace ringlet::detail {

/// Blocks signals in this thread, and so in those it starts, until destroyed; but for those that
/// tell of a thread's own fault.
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
