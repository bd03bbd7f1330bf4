#include "blocked_signals.hpp"

#include <initializer_list>

namespace ringlet::detail {

blocked_signals::blocked_signals() noexcept {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
        ::sigdelset(&blocked, fault);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
}

blocked_signals::~blocked_signals() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace ringlet::detail
