#pragma once

#include <chrono>
#include <iosfwd>
#include <source_location>
#include <string>
#include <vector>

namespace ringlet {

class loop;

/// A coroutine that waits, and the coroutines that wait for it in turn: a call stack, as it was
/// when `suspended_tasks` was called.
struct suspended_task {
    /// The co_await at which each coroutine stands: first that of the coroutine that waits for the
    /// loop, last that of the outermost coroutine that is known. The line is 0 for a coroutine
    /// without debug information.
    std::vector<std::source_location> stack;

    /// The names of those among them that have one, the innermost first: see named.
    std::vector<std::string> names;

    /// How long the coroutine has waited, counted from the beginning of a turn of the loop.
    std::chrono::nanoseconds suspended_for{0};

    /// Whether the wait has ended, so that the coroutine goes on in a later turn of the loop.
    bool ready = false;
};

/// Lists every coroutine that waits in `owner`, the one that has waited longest first. The caller,
/// which runs, is not among them. It takes time and memory in proportion to their number. It is
/// called in the loop's thread; another thread posts it. Throws std::bad_alloc.
[[nodiscard]] std::vector<suspended_task> suspended_tasks(loop& owner);

/// Writes the list of `suspended_tasks` to `out`, for people: each coroutine that waits, its name,
/// where and for how long, with its call stack; and the loop's statistics. It is the first thing to
/// look at when a server seems stuck:
///
///     owner.post([&owner] { ringlet::dump_tasks(owner, std::cerr); });
///
/// It is called in the loop's thread. Throws std::bad_alloc, and what `out` throws.
void dump_tasks(loop& owner, std::ostream& out);

}  // namespace ringlet
