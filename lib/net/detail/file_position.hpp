#pragma once

#include <cstdint>

namespace ringlet::detail {

/// The offset of a READ or WRITE at the position where its file stands, and of one at a descriptor
/// that has no offsets. io_uring_prep_read(3).
inline constexpr auto file_position = ~std::uint64_t{0};

}  // namespace ringlet::detail
