#include "base/detail/blocked_signals.hpp"
#include "base/detail/owned_descriptors.hpp"
#include "server/detail/exception_text.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/server/child_process.hpp>

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

/// The process that made this one, where child_process::fork did.
detail::owned_descriptor parent;

int open_process(pid_t pid) noexcept {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

int send_signal(int process, int signal) noexcept {
    return static_cast<int>(::syscall(SYS_pidfd_send_signal, process, signal, nullptr, 0));
}

// Those of stdio and no others: fflush(nullptr) would wait for a thread that reads from one.
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
        std::fprintf(stderr, "ringlet: child process %d: %s\n", ::getpid(),
                     detail::exception_text(failure));
    }
    return status_of_exception;
}

/// Nothing may leave this function: below it on the stack is what belongs to the parent.
[[noreturn]] void become_child(int (*call)(const void*), const void* body,
                               const std::vector<int>& keep, int maker,
                               std::optional<detail::blocked_signals>& undisturbed) noexcept {
    detail::loop_core::abandon_in_child();
    detail::owned_descriptors::close_in_child(keep);
    parent = detail::owned_descriptor(maker, "pidfd_open");
    undisturbed.reset();  // only now: the parent's signal handlers would have lost a signal
    const int status = run_body(call, body);
    flush_standard_streams();
    ::_exit(status);
}

}  // namespace

child_process child_process::fork(function call, const void* body, const std::vector<int>& keep) {
    if (loop* const current = loop::current())
        current->core().prepare_fork();
    flush_standard_streams();
    // In the child it tells of this process's end. Here the child's own descriptor takes its place:
    // so a lack of descriptors comes to light while there is no child yet.
    const int self = open_process(::getpid());
    if (self < 0)
        throw std::system_error(errno, std::system_category(), "pidfd_open");
    std::optional<detail::blocked_signals> undisturbed(std::in_place);
    const pid_t pid = ::fork();
    const int error = errno;
    if (pid == 0)
        become_child(call, body, keep, self, undisturbed);
    ::close(self);
    if (pid < 0)
        throw std::system_error(error, std::system_category(), "fork");
    return child_process(pid);
}

child_process::child_process(pid_t made) : pid_(made) {
    const int fd = open_process(made);
    if (fd < 0 && errno == ESRCH)
        return;  // it has ended, and its status is gone
    try {
        end_ = detail::owned_descriptor(fd, "pidfd_open");
    } catch (const std::system_error&) {
        ::kill(made, SIGKILL);
        ::waitpid(made, nullptr, 0);
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

// Where this is no child of the process, as in a forked one, it is left alone.
void child_process::end() noexcept {
    if (!pending() || reap(WNOHANG))
        return;
    send_signal(end_.native_handle(), SIGKILL);
    reap(0);
}

/// Whether the child has ended; then its status is known, if it can be.
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

task<exit_status> child_process::wait(std::error_code& error) {
    loop& current = loop::require_current("child_process::wait");
    error.clear();
    while (!error && pending() && !reap(WNOHANG))
        co_await detail::poll_operation(current.core(), end_.native_handle(), POLLIN, &error);
    co_return status_;
}

task<exit_status> child_process::wait() {
    std::error_code error;
    const exit_status status = co_await wait(error);
    if (error)
        throw std::system_error(error, "child_process::wait");
    co_return status;
}

void child_process::kill(int signal) {
    if (pending() && send_signal(end_.native_handle(), signal) < 0 && errno != ESRCH)
        throw std::system_error(errno, std::system_category(), "pidfd_send_signal");
}

detail::poll_operation child_process::parent_gone() {
    loop& current = loop::require_current("child_process::parent_gone");
    if (parent.native_handle() < 0)
        throw std::logic_error("child_process::parent_gone: no child_process::fork has made this "
                               "process");
    return {current.core(), parent.native_handle(), POLLIN};
}

}  // namespace ringlet
