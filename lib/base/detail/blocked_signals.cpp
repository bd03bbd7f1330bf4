#include "blocked_signals.hpp"

#include <initializer_list>

namespace ringlet::detail {

thread_local blocked_signals* blocked_signals::outermost = nullptr;

bool tells_of_fault(int number) noexcept {
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
        if (number == fault)
            return true;
    return false;
}

blocked_signals::blocked_signals() noexcept {
    sigset_t blocked;
    ::sigfillset(&blocked);
    for (int number = 1; number <= SIGRTMAX; ++number)
        if (tells_of_fault(number))
            ::sigdelset(&blocked, number);
    ::pthread_sigmask(SIG_SETMASK, &blocked, &before_);
    if (outermost == nullptr)
        outermost = this;
}

blocked_signals::~blocked_signals() {
    if (outermost == this)
        outermost = nullptr;
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

sigset_t* blocked_signals::mask_at_end() noexcept {
    return outermost == nullptr ? nullptr : &outermost->before_;
}

}  // namespace ringlet::detail
