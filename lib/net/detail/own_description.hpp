#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>

namespace ringlet::detail {

/// Gives `opened` back, or in its place, where it is a terminal, a descriptor of that terminal with
/// an open file description of its own, with O_NONBLOCK. On the description that came with the
/// process the flag would confuse the shell and all others that share it, and without the flag a
/// write to a terminal that takes nothing blocks the loop. open(2), proc_pid_fd(5).
///
/// Where the terminal cannot be opened, such as one of another user, it gives `opened` back too.
[[nodiscard]] owned_descriptor own_description(owned_descriptor opened);

}  // namespace ringlet::detail
