#pragma once

#include <liburing.h>

#include <optional>

namespace ringlet::testing::detail {

/// What a simulated ring does with files, which are the system's own: it opens, reads, writes and
/// syncs them at once. So a simulation depends on the files that it reads, and changes those that
/// it writes, under every seed anew.
///
/// Carries out an operation on a regular file or a directory, or the opening of one; nothing where
/// an operation is about something else. Gives a count, a descriptor, or `-errno`.
[[nodiscard]] std::optional<int> carry_out_on_file(const io_uring_sqe& sqe) noexcept;

}  // namespace ringlet::testing::detail
