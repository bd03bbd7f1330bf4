#include "workers.hpp"
#include "attempt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace ringlet::epoll {

namespace {

/// Blocks all signals in this thread while it lives: a thread inherits that.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;
    ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace

workers::workers() : done_signal_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (done_signal_ < 0)
        throw std::system_error(errno, std::system_category(), "eventfd");
}

workers::~workers() {
    {
        const std::lock_guard lock(mutex_);
        end_ = true;
    }
    something_to_do_.notify_all();
    for (std::thread& each : threads_)
        each.join();
    ::close(done_signal_);
}

void workers::carry_out(waiting_operation& blocking) {
    {
        const std::lock_guard lock(mutex_);
        if (queued_ >= idle_ && threads_.size() < threads_max) {
            const signals_blocked inherited;
            threads_.emplace_back([this] { work(); });
        }
        to_do_.push_back(blocking);
        ++queued_;
    }
    something_to_do_.notify_one();
}

bool workers::withdraw(waiting_operation& blocking) noexcept {
    const std::lock_guard lock(mutex_);
    bool waits = false;
    to_do_.for_each([&](const waiting_operation& one) { waits = waits || &one == &blocking; });
    if (waits) {
        blocking.unlink();
        --queued_;
    }
    return waits;
}

void workers::take_done(intrusive_list<waiting_operation>& taken) noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(done_signal_, &count, sizeof(count));
    const std::lock_guard lock(mutex_);
    taken.splice_back(done_);
}

void workers::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        ++idle_;
        something_to_do_.wait(lock, [this] { return end_ || !to_do_.empty(); });
        --idle_;
        if (end_)
            return;
        waiting_operation& begun = to_do_.pop_front();
        --queued_;
        lock.unlock();
        const int result = carry_out_blocking(begun);
        lock.lock();
        begun.result = result;
        done_.push_back(begun);
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(done_signal_, &one, sizeof(one));
    }
}

}  // namespace ringlet::epoll
