#pragma once

namespace ringlet {

/// In a forked child of a server: SIGINT and SIGTERM, which often go to all processes of a program,
/// no longer end it, unless the program has a handler of its own for them. The parent, which gets
/// them too, tells its children when to stop, and lets them finish first. Programs that the child
/// executes have them as usual.
void leave_stopping_to_parent() noexcept;

}  // namespace ringlet
