#pragma once

#include <ringlet/coro/task.hpp>

namespace ringlet::detail {

/// A writer as the reader sees that it is tied to.
class tied_writer {
public:
    /// Whether bytes wait in the buffer for a flush. Bytes of a write that is pending do not: they
    /// are on their way.
    [[nodiscard]] virtual bool has_unsent() const noexcept = 0;

    /// Sends the bytes in the buffer. Awaiting it throws std::system_error.
    [[nodiscard]] virtual task<> send_unsent() = 0;

protected:
    tied_writer() = default;
    tied_writer(const tied_writer&) = default;
    tied_writer& operator=(const tied_writer&) = default;
    ~tied_writer() = default;
};

}  // namespace ringlet::detail
