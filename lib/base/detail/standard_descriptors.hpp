#pragma once

#include <unistd.h>

/// The numbers 0, 1 and 2 belong to the standard streams, also in a program that has them closed. A
/// socket that got one of them would send its peer what the program prints and logs. So nothing of
/// ringlet keeps such a number: each descriptor goes through `above_standard` where it comes in.
namespace ringlet::detail {

/// Opens /dev/null in the place of stdin, stdout and stderr where they are closed.
void hold_standard_descriptors() noexcept;

/// Moves the descriptor `fd` to a number above 2, close-on-exec, and leaves /dev/null at the old
/// one.
[[nodiscard]] int moved_above_standard(int fd) noexcept;

/// Gives the descriptor `fd`, which a call has just returned, a number above 2; no system call
/// unless it has to. Returns -1 with the error in errno where `fd` is -1, and where that fails;
/// then `fd` is closed.
[[nodiscard]] inline int above_standard(int fd) noexcept {
    const bool is_standard = fd >= 0 && fd <= STDERR_FILENO;
    return is_standard ? moved_above_standard(fd) : fd;
}

/// Whether stderr may be written to. It may not where it is closed, nor where its number is that of
/// a connection which `above_standard` has yet to move: a completion brought it, and waits to be
/// delivered.
[[nodiscard]] bool stderr_is_open() noexcept;

}  // namespace ringlet::detail
