#pragma once

#include <sys/types.h>

namespace ringlet::detail {

/// A descriptor of a process, or -1 with the error in errno. pidfd_open(2).
[[nodiscard]] int open_pidfd(pid_t process) noexcept;

/// Throws the error in errno, with which `open_pidfd` has failed, and says what is missing where
/// the system refuses the call as such.
[[noreturn]] void throw_no_pidfd();

/// Throws as `throw_no_pidfd` where no process can have a pidfd: a server that forks for each
/// request says so before it takes one.
void require_pidfds();

}  // namespace ringlet::detail
