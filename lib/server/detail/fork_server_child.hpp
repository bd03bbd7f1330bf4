#pragma once

#include <ringlet/server/child_process.hpp>

#include <functional>
#include <vector>

namespace ringlet::detail {

/// child_process::fork for a server. From its first moment on, SIGINT and SIGTERM, which often go
/// to all processes of a program, do not end the child, unless the program has a handler of its own
/// for them. The parent, which gets them too, tells its children when to stop, and lets them finish
/// first. Programs that the child executes have them as usual.
[[nodiscard]] child_process fork_server_child(const std::function<int()>& body,
                                              const std::vector<int>& keep);

}  // namespace ringlet::detail
