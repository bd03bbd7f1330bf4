#pragma once

#include <cstdint>

namespace ringlet::detail {

/// The contents of one CQE. io_uring(7).
struct completion {
    std::uint64_t user_data;  ///< The operation that it belongs to: its SQE had this number.
    std::int32_t result;      ///< A count, a descriptor, or `-errno`.
    std::uint32_t flags;      ///< IORING_CQE_F_*.
};

}  // namespace ringlet::detail
