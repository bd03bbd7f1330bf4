#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/server/exit_status.hpp>

#include <sys/types.h>

#include <concepts>
#include <csignal>
#include <functional>
#include <system_error>
#include <vector>

namespace ringlet {

/// A child of this process that runs a function, and its end. Only this child is ever waited for
/// (pidfd_open(2)); the program's others, and its handling of SIGCHLD, are left alone.
///
/// Lifetime: it must not move or be destroyed while it is waited for. A child that has not been
/// waited for to its end by then is killed with SIGKILL and reaped by the destructor, so that no
/// zombie is left.
///
/// One thread at a time.
class child_process {
public:
    /// Makes a child that calls `body()` and ends with the int that it returns, or with 1 where it
    /// throws, having reported the exception on stderr. From inside a coroutine, or anywhere else.
    ///
    /// Before the body is called, all descriptors that ringlet owns are closed in the child but
    /// those to keep: every socket and listener, so that their peers see the end of the stream when
    /// the parent closes them, and what loops and rings use. The program's own stay open, `file`
    /// and `directory` among them. No signal_set lives there; otherwise signals do what they did,
    /// and none is lost meanwhile.
    ///
    /// The child has no thread but the calling one, on a copy of its stack that is never unwound.
    /// The body makes a loop of its own, even where it was called from inside one. It uses nothing
    /// that belongs to a loop of the parent's, destroys no socket but those to keep, and takes no
    /// lock that another thread may have held; malloc(3) and stdio are safe. The child ends by
    /// _exit(2): no destructor or std::atexit function runs, nor must the body call std::exit.
    ///
    /// The standard streams are flushed before, and in the child at its end. Other buffered output
    /// is for the body to flush. What another thread is just about to open, to accept or to close
    /// may be inherited.
    ///
    /// Throws std::system_error naming the call that failed; then nothing is left of the child.
    template <std::invocable Body>
    [[nodiscard]] static child_process fork(Body&& body, const std::vector<int>& keep = {}) {
        const auto run = [&body]() -> int { return std::invoke(body); };
        const auto call = [](const void* runs) {
            return (*static_cast<const decltype(run)*>(runs))();
        };
        return fork(call, &run, keep);
    }

    /// In a child: waits until the process that made it has ended. Throws std::logic_error outside
    /// a loop, and where no child_process::fork made this process.
    [[nodiscard]] static detail::poll_operation parent_gone();

    child_process(child_process&&) noexcept = default;
    child_process& operator=(child_process&& other) noexcept;
    ~child_process();

    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Whether its end has not been seen by `wait` yet.
    [[nodiscard]] bool pending() const noexcept { return end_.native_handle() >= 0; }

    /// Waits for the child's end and yields its status, then and whenever it is asked again.
    /// Cancelling it changes nothing: the child goes on and can be waited for again. The status is
    /// unknown where someone else has taken it, or SIGCHLD is ignored. Throws std::logic_error
    /// outside a loop, std::system_error.
    [[nodiscard]] task<exit_status> wait();
    [[nodiscard]] task<exit_status> wait(std::error_code& error);

    /// Sends a signal, unless the child's end has been seen. pidfd_send_signal(2). Throws
    /// std::system_error.
    void kill(int signal = SIGTERM);

private:
    using function = int (*)(const void*);

    explicit child_process(pid_t made);

    [[nodiscard]] static child_process fork(function call, const void* body,
                                            const std::vector<int>& keep);
    bool reap(int options) noexcept;
    void end() noexcept;

    pid_t pid_;
    detail::owned_descriptor
        end_;  // readable once the child has ended; none once it has been reaped
    exit_status status_;
};

}  // namespace ringlet
