#pragma once

#include <iosfwd>

namespace ringlet {

class loop;

/// Writes what `suspended_tasks` tells, for people: who waits, where and for how long, with the
/// call stack of each; and the loop's statistics. The first thing to look at when a server seems
/// stuck:
///
///     owner.post([&owner] { ringlet::dump_tasks(owner, std::cerr); });
///
/// To be called in the loop's thread.
void dump_tasks(loop& owner, std::ostream& out);

}  // namespace ringlet
