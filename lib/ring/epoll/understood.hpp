#pragma once

#include <liburing.h>

namespace ringlet::detail::epoll {

/// Whether there is an interpretation of an opcode, and of an SQE with all its flags. What is not
/// understood is answered with -EINVAL, as an older kernel would.
[[nodiscard]] bool opcode_understood(unsigned opcode) noexcept;
[[nodiscard]] bool understood(const io_uring_sqe& sqe) noexcept;

}  // namespace ringlet::detail::epoll
