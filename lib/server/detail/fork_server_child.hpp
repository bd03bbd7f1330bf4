#pragma once

#include <ringlet/server/child_process.hpp>

#include <functional>
#include <vector>

namespace ringlet::detail {

/// Forks a child of a server, as child_process::fork does. SIGINT and SIGTERM, which often go to
/// all processes of a program, do not end the child, from its first moment on; where the program
/// has a handler of its own for them, that handler stays. The parent gets these signals too, tells
/// its children when to stop, and lets them finish first. Programs that the child executes have the
/// default effect of both signals.
[[nodiscard]] child_process fork_server_child(const std::function<int()>& body,
                                              const std::vector<int>& keep);

}  // namespace ringlet::detail
