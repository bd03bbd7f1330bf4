#pragma once

#include <functional>
#include <thread>

/// The threads that ringlet starts, and what a process that is forked from one must not inherit.
namespace ringlet::detail {

/// Starts a thread of ringlet's own, which runs `body()`. It blocks the signals that the calling
/// thread blocks, and those for which the program has a handler by now: such a handler is meant for
/// the program's own threads. It blocks SIGPIPE, too. All others may land there, since it makes no
/// difference where: those that have their default effect on the process or none, those that tell
/// of a thread's own fault, and those whose handler `allow_in_any_thread` names. Throws
/// std::system_error. Where a simulation runs in the calling thread, it refuses the call.
///
/// A process that the thread forks, by whichever library, blocks what the program blocks, and runs
/// on the CPUs that the program runs on. posix_spawn(3), popen(3) and system(3) give their programs
/// the thread's own mask and CPUs: what the program has a handler for is blocked there.
[[nodiscard]] std::thread start_own_thread(std::function<void()> body);

/// Says that `handler` can do its work in any thread. At most four handlers.
void allow_in_any_thread(void (*handler)(int)) noexcept;

/// Has this thread, one of ringlet's own, run on one CPU only. Throws std::system_error.
void pin_own_thread(unsigned cpu);

}  // namespace ringlet::detail
