#pragma once

#include "base/detail/shared_memory.hpp"

#include <atomic>

namespace ringlet::detail {

/// Whether another program goes on serving a socket, told in memory that forked children share:
/// each of them may be the one that closes the socket last.
class hand_over_mark {
public:
    /// Throws std::system_error.
    explicit hand_over_mark(bool handed_over) : handed_over_(1, handed_over) {}

    void set(bool handed_over) noexcept { *handed_over_ = handed_over; }

    [[nodiscard]] bool is_set() const noexcept { return *handed_over_; }

private:
    static_assert(std::atomic<bool>::is_always_lock_free);

    shared_memory<std::atomic<bool>> handed_over_;
};

}  // namespace ringlet::detail
