#pragma once

#include <cstddef>

namespace ringlet::detail {

/// Writes some of `size` bytes to `fd`, which poll(2) has said to be writable, without waiting and
/// without SIGPIPE. Returns how many it has written, or `-errno`: -EAGAIN if there is no room after
/// all.
///
/// It waits all the same where another process was faster, at a descriptor that has neither
/// O_NONBLOCK nor RWF_NOWAIT: a terminal, or a pipe before Linux 6.4.
[[nodiscard]] int write_ready(int fd, const void* data, std::size_t size) noexcept;

}  // namespace ringlet::detail
