#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/server/exit_status.hpp>

#include <sys/types.h>

#include <concepts>
#include <csignal>
#include <functional>
#include <vector>

namespace ringlet {

/// A child process that runs a function of this program. This class waits for its own child only
/// (pidfd_open(2)); it leaves the program's other children, and the program's handling of SIGCHLD,
/// alone.
///
/// Lifetime: the object must not move or be destroyed while a coroutine waits for the child. If no
/// `wait` has seen the child's end, the destructor kills the child with SIGKILL and reaps it, so
/// that no zombie is left.
///
/// One thread at a time.
class child_process {
public:
    /// Makes a child that calls `body()` and ends with the int that `body` returns as its exit
    /// status. If `body` throws, the child reports the exception on stderr and ends with status 1.
    /// The caller may be a coroutine or any other code.
    ///
    /// Before the child calls `body`, it closes all descriptors that ringlet owns, except those in
    /// `keep`. This closes every socket and listener, so that a peer sees the end of the stream
    /// when the parent closes its copy, and the descriptors of loops and rings. The program's own
    /// descriptors stay open, those of `file` and `directory` included.
    ///
    /// No signal_set works in the child: its signals have the effect that they had before. SIGINT
    /// and SIGTERM, which the children of a forking server leave to their parent, end the child of
    /// such a child. All other signals have the effect that they had in the parent, and no signal
    /// is lost during the fork. In a child of a thread that ringlet has started, the signals are
    /// blocked that the program blocks, not those that ringlet blocks in its threads, and the CPUs
    /// are those of the program, also where `server_options::pin_workers` binds the thread to one.
    /// All this also holds for a fork(2) by other code. All else is inherited as fork(2) says:
    /// directory, umask, priority, limits, the program's own descriptors.
    ///
    /// The child has one thread, the one that called `fork`, on a copy of its stack that is never
    /// unwound. If `body` needs a loop, it makes its own, even if `fork` was called inside a loop.
    /// `body` must not use anything that belongs to a loop of the parent, destroy a socket that is
    /// not in `keep`, or take a lock that another thread of the parent may have held. malloc(3) and
    /// stdio are safe. The child ends by _exit(2): no destructor and no std::atexit function runs,
    /// and `body` must not call std::exit.
    ///
    /// The parent flushes the standard streams before the fork, and the child flushes them at its
    /// end. `body` flushes any other buffered output itself. The child may inherit a descriptor
    /// that another thread is opening, accepting or closing at the time of the fork.
    ///
    /// Throws std::system_error that names the failed call; then no child is left.
    template <std::invocable Body>
    [[nodiscard]] static child_process fork(Body&& body, const std::vector<int>& keep = {}) {
        const auto closure = [&body]() -> int { return std::invoke(body); };
        const auto call = [](const void* erased) {
            return (*static_cast<const decltype(closure)*>(erased))();
        };
        return fork(call, &closure, keep);
    }

    /// Waits, in a child, until its parent process has ended. Throws std::logic_error outside a
    /// loop, and in a process that child_process::fork did not make. Awaiting it throws
    /// std::system_error, or stores the error in `error`.
    [[nodiscard]] static detail::poll_operation parent_gone(error_sink error = throws);

    /// Whether the parent process of a child has ended; false in a process that child_process::fork
    /// did not make.
    [[nodiscard]] static bool is_orphan() noexcept;

    child_process(child_process&&) noexcept = default;
    child_process& operator=(child_process&& other) noexcept;
    ~child_process();

    /// The child's process id.
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    /// Whether `wait` has yet to see the child's end.
    [[nodiscard]] bool pending() const noexcept { return end_.native_handle() >= 0; }

    /// Waits for the child's end and yields the child's status; later calls yield the status at
    /// once. A cancelled `wait` leaves the child alone: the child goes on, and another `wait` can
    /// see its end. The status is unknown where other code has reaped the child, or where the
    /// program ignores SIGCHLD. Throws std::logic_error outside a loop. Throws std::system_error,
    /// or stores the error in `error`.
    [[nodiscard]] task<exit_status> wait(error_sink error = throws);

    /// Sends a signal to the child (pidfd_send_signal(2)), or does nothing where the child has
    /// ended. Throws std::system_error.
    void kill(int signal = SIGTERM);

    /// Leaves the child to itself: it goes on when this object ends, and outlives this process.
    /// Nothing waits for it any more.
    void release() noexcept { end_ = detail::owned_descriptor(); }

private:
    using function = int (*)(const void*);

    explicit child_process(pid_t forked);

    [[nodiscard]] static child_process fork(function call, const void* body,
                                            const std::vector<int>& keep);
    bool reap(int options) noexcept;
    void end() noexcept;

    pid_t pid_;
    // A pidfd, readable once the child has ended; no descriptor once the child has been reaped.
    detail::owned_descriptor end_;
    exit_status status_;
};

}  // namespace ringlet
