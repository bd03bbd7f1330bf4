#pragma once

#include <cstdint>

namespace ringlet::detail {

/// What one CQE says (io_uring(7)): which operation it belongs to, its result (a count, a
/// descriptor or `-errno`), and IORING_CQE_F_* flags.
struct completion {
    std::uint64_t user_data;
    std::int32_t result;
    std::uint32_t flags;
};

}  // namespace ringlet::detail
