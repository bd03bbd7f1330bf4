#pragma once

#include <chrono>
#include <iosfwd>
#include <source_location>
#include <vector>

namespace ringlet {

class loop;

/// A coroutine that waits, with those that wait for it in turn: a call stack, as it was when
/// `suspended_tasks` was called.
struct suspended_task {
    /// Where each of them stands, at a co_await: first the one that waits for the loop, last the
    /// outermost that is known. One without debug information has line 0.
    std::vector<std::source_location> stack;

    /// Since when, to a turn of the loop.
    std::chrono::nanoseconds suspended_for{0};

    /// What it waited for has ended, and it goes on in a later turn of the loop.
    bool ready = false;
};

/// Every coroutine that waits in `owner`, those that have waited longest first; not the one that
/// calls this, which runs. Costs time and memory in proportion to their number. To be called in
/// the loop's thread; from another, post it. Throws std::bad_alloc.
[[nodiscard]] std::vector<suspended_task> suspended_tasks(loop& owner);

/// Writes what `suspended_tasks` tells, for people: who waits, where and for how long, with the
/// call stack of each; and the loop's statistics. The first thing to look at when a server seems
/// stuck:
///
///     owner.post([&owner] { ringlet::dump_tasks(owner, std::cerr); });
///
/// To be called in the loop's thread.
void dump_tasks(loop& owner, std::ostream& out);

}  // namespace ringlet
