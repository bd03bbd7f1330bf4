#include "base/detail/blocked_signals.hpp"
#include "base/detail/exception_text.hpp"
#include "base/detail/owned_descriptors.hpp"
#include "base/detail/stand_in.hpp"
#include "base/detail/standard_descriptors.hpp"
#include "server/detail/pidfd.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/server/child_process.hpp>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace ringlet {

namespace {

constexpr int status_of_exception = 1;
constexpr auto by_pidfd = static_cast<idtype_t>(3);  // P_PIDFD, which glibc before 2.36 lacks

/// A pidfd of the parent process, in a process that child_process::fork made.
detail::owned_descriptor parent_process;

/// Sends a signal to a child that has not been reaped, so that its number is still its own: where
/// the system refuses pidfd_send_signal(2), kill(2) finds no other process.
int send_signal(int process, pid_t pid, int signal) noexcept {
    const long result = ::syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0);
    if (result < 0 && (errno == ENOSYS || errno == EPERM))
        return ::kill(pid, signal);
    return static_cast<int>(result);
}

// Flushes the standard streams only: fflush(nullptr) would wait for a thread that reads from any
// stream.
void flush_standard_streams() {
    std::cout.flush();
    std::clog.flush();
    std::fflush(stdout);
    std::fflush(stderr);
}

int run_body(int (*call)(const void*), const void* body) noexcept {
    try {
        return call(body);
    } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        if (detail::stderr_is_open())
            std::fprintf(stderr, "ringlet: child process %d: %s\n", ::getpid(),
                         detail::exception_text(failure));
    }
    return status_of_exception;
}

/// Runs the child to its end. No exception or return may leave this function: the frames below it
/// on the stack belong to the parent.
[[noreturn]] void become_child(int (*call)(const void*), const void* body,
                               const std::vector<int>& keep, int parent_pidfd,
                               std::optional<detail::blocked_signals>& signals_guard) noexcept {
    detail::loop_core::abandon_in_child();
    detail::owned_descriptors::close_in_child(keep);
    parent_process = detail::owned_descriptor(parent_pidfd, "pidfd_open");
    signals_guard.reset();  // only now: the parent's signal handlers would have lost a signal
    const int status = run_body(call, body);
    flush_standard_streams();
    ::_exit(status);
}

}  // namespace

child_process child_process::fork(function call, const void* body, const std::vector<int>& keep) {
    if (detail::stand_in* const simulation = detail::stand_in::current())
        simulation->refuse("fork(2)", "fork before the simulation begins, or run what the child "
                                      "would do as another coroutine");
    if (loop* const current = loop::current())
        current->core().prepare_fork();
    flush_standard_streams();
    // The child keeps this pidfd, which tells it of this process's end. This process closes it and
    // then opens the child's pidfd in its place. So a lack of descriptors shows before the fork.
    const int own_pidfd = detail::open_pidfd(::getpid());
    if (own_pidfd < 0)
        detail::throw_no_pidfd();
    std::optional<detail::blocked_signals> signals_guard(std::in_place);
    const pid_t pid = ::fork();
    const int error = errno;
    if (pid == 0)
        become_child(call, body, keep, own_pidfd, signals_guard);
    ::close(own_pidfd);
    if (pid < 0)
        throw std::system_error(error, std::system_category(), "fork");
    return child_process(pid);
}

child_process::child_process(pid_t forked) : pid_(forked) {
    const int pidfd = detail::open_pidfd(forked);
    if (pidfd < 0 && errno == ESRCH)
        return;  // the child has ended, and its status is gone
    try {
        end_ = detail::owned_descriptor(pidfd, "pidfd_open");
    } catch (const std::system_error&) {
        ::kill(forked, SIGKILL);
        ::waitpid(forked, nullptr, 0);
        throw;
    }
}

child_process& child_process::operator=(child_process&& other) noexcept {
    if (this == &other)
        return *this;
    end();
    pid_ = other.pid_;
    end_ = std::move(other.end_);
    status_ = other.status_;
    return *this;
}

child_process::~child_process() {
    end();
}

// Leaves a process alone that is not a child of this one, as in a forked copy of the object.
void child_process::end() noexcept {
    if (!pending() || reap(WNOHANG))
        return;
    send_signal(end_.native_handle(), pid_, SIGKILL);
    reap(0);
}

/// Reaps the child if it has ended. Returns whether it has; its status is stored then, unless other
/// code has taken it.
bool child_process::reap(int options) noexcept {
    siginfo_t ended{};
    int result = 0;
    do
        result =
            ::waitid(by_pidfd, static_cast<id_t>(end_.native_handle()), &ended, WEXITED | options);
    while (result < 0 && errno == EINTR);
    if (result == 0 && ended.si_pid == 0)
        return false;
    if (result == 0)
        status_ = ended.si_code == CLD_EXITED
                      ? exit_status::exited(ended.si_status)
                      : exit_status::signalled(ended.si_status, ended.si_code == CLD_DUMPED);
    end_ = detail::owned_descriptor();
    return true;
}

task<exit_status> child_process::wait(error_sink error) {
    loop& current = loop::require_current("child_process::wait");
    std::error_code failure;
    while (!failure && pending() && !reap(WNOHANG))
        co_await detail::poll_operation(current.core(), end_.native_handle(), POLLIN, failure);
    error.report(failure, "child_process::wait");
    co_return status_;
}

void child_process::kill(int signal) {
    if (pending() && send_signal(end_.native_handle(), pid_, signal) < 0 && errno != ESRCH)
        throw std::system_error(errno, std::system_category(), "pidfd_send_signal");
}

bool child_process::is_orphan() noexcept {
    pollfd ended{parent_process.native_handle(), POLLIN, 0};
    return ::poll(&ended, 1, 0) > 0;
}

detail::poll_operation child_process::parent_gone(error_sink error) {
    loop& current = loop::require_current("child_process::parent_gone");
    if (parent_process.native_handle() < 0)
        throw std::logic_error("child_process::parent_gone: no child_process::fork has made this "
                               "process");
    return {current.core(), parent_process.native_handle(), POLLIN, error};
}

}  // namespace ringlet
