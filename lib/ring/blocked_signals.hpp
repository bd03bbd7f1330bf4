#pragma once

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace ringlet {

/// Blocks signals in this thread, and so in those it starts, until destroyed; but for those that
/// tell of a thread's own fault.
class blocked_signals {
public:
    blocked_signals() noexcept {
        sigset_t blocked;
        ::sigfillset(&blocked);
        for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            ::sigdelset(&blocked, fault);
        ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
    }
    blocked_signals(const blocked_signals&) = delete;
    blocked_signals& operator=(const blocked_signals&) = delete;
    ~blocked_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_;
};

}  // namespace ringlet
