#include "own_thread.hpp"
#include "blocked_signals.hpp"
#include "fork_hooks.hpp"
#include "stand_in.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <system_error>

namespace ringlet::detail {

namespace {

/// What the program has, and ringlet has changed in one of its own threads.
struct changes {
    bool of_signals = false;
    bool of_cpus = false;
    sigset_t mask{};
    cpu_set_t cpus{};
};

// Read and written in functions of this file only.
thread_local changes changed;

std::array<std::atomic<void (*)(int)>, 4> allowed_anywhere{};

bool is_allowed_anywhere(void (*handler)(int)) noexcept {
    return handler == SIG_DFL || handler == SIG_IGN ||
           std::ranges::any_of(allowed_anywhere,
                               [&](const auto& allowed) { return allowed.load() == handler; });
}

// In a child whose only thread is a copy of one of ringlet's own.
void undo_in_forked_child() noexcept {
    if (sigset_t* const later = blocked_signals::mask_at_end();
        changed.of_signals && later != nullptr)
        *later = changed.mask;
    else if (changed.of_signals)
        ::pthread_sigmask(SIG_SETMASK, &changed.mask, nullptr);
    if (changed.of_cpus)
        ::sched_setaffinity(0, sizeof(changed.cpus), &changed.cpus);
    changed = {};
}

void notice_forks() {
    static const fork_hooks hooks(&undo_in_forked_child);
}

/// The mask of a thread that `start_own_thread` starts, which this one has while it lives.
class mask_to_inherit {
public:
    mask_to_inherit() noexcept {
        ::pthread_sigmask(SIG_BLOCK, nullptr, &before_);
        sigset_t inherited = before_;
        ::sigaddset(&inherited, SIGPIPE);  // which would end all for what one call has done
        for (int number = 1; number <= SIGRTMAX; ++number)
            if (struct sigaction effect{}; !tells_of_fault(number) &&
                                           ::sigaction(number, nullptr, &effect) == 0 &&
                                           !is_allowed_anywhere(effect.sa_handler))
                ::sigaddset(&inherited, number);
        ::pthread_sigmask(SIG_SETMASK, &inherited, nullptr);
    }
    mask_to_inherit(const mask_to_inherit&) = delete;
    mask_to_inherit& operator=(const mask_to_inherit&) = delete;
    ~mask_to_inherit() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

    /// What the program's own threads block.
    [[nodiscard]] const sigset_t& of_program() const noexcept {
        return changed.of_signals ? changed.mask : before_;
    }

private:
    sigset_t before_{};
};

}  // namespace

std::thread start_own_thread(std::function<void()> body) {
    if (stand_in* const simulation = stand_in::current())
        simulation->refuse("a thread", "use concurrency::loop or concurrency::threads, whose "
                                       "workers run as loops here");
    notice_forks();
    const mask_to_inherit inherited;
    changes noted;
    noted.of_signals = true;
    noted.mask = inherited.of_program();
    noted.of_cpus = changed.of_cpus;
    noted.cpus = changed.cpus;
    return std::thread([noted, body = std::move(body)] {
        changed = noted;
        body();
    });
}

void allow_in_any_thread(void (*handler)(int)) noexcept {
    for (std::atomic<void (*)(int)>& place : allowed_anywhere) {
        void (*known)(int) = nullptr;
        if (place.compare_exchange_strong(known, handler) || known == handler)
            return;
    }
}

void pin_own_thread(unsigned cpu) {
    if (!changed.of_cpus)
        changed.of_cpus = ::sched_getaffinity(0, sizeof(changed.cpus), &changed.cpus) == 0;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    if (::sched_setaffinity(0, sizeof(only), &only) < 0)
        throw std::system_error(errno, std::system_category(),
                                "binding a worker thread to CPU " + std::to_string(cpu));
}

}  // namespace ringlet::detail
