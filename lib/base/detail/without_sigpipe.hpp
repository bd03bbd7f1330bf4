#pragma once

#include <csignal>

namespace ringlet::detail {

/// Keeps SIGPIPE from ending a program that writes to a pipe without a reader: blocks the signal in
/// this thread while this object lives, as MSG_NOSIGNAL does for one send to a socket. pipe(7).
class without_sigpipe {
public:
    without_sigpipe() noexcept;
    without_sigpipe(const without_sigpipe&) = delete;
    without_sigpipe& operator=(const without_sigpipe&) = delete;
    ~without_sigpipe();

    /// Takes the signal back that write(2) raises where it fails with EPIPE, but not one that was
    /// pending before.
    void take_back() const noexcept;

private:
    sigset_t sigpipe_{};
    sigset_t before_{};
    bool was_pending_ = false;
};

}  // namespace ringlet::detail
