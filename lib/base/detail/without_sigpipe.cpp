#include "without_sigpipe.hpp"

#include <pthread.h>

#include <cerrno>
#include <ctime>

namespace ringlet::detail {

without_sigpipe::without_sigpipe() noexcept {
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
}

without_sigpipe::~without_sigpipe() {
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void without_sigpipe::take_back() const noexcept {
    const timespec at_once{};
    while (!was_pending_ && ::sigtimedwait(&sigpipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
}

}  // namespace ringlet::detail
