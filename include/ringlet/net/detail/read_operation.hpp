#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/net/detail/stream_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Reads the bytes that have come at a descriptor of any kind, up to `size`, and waits for at least
/// one; from a file, those from its position on. Yields how many it has read; 0 is the end.
/// read(2), io_uring_prep_read(3).
class read_operation final : public stream_awaitable<read_operation> {
public:
    static constexpr const char* name = "read";

    /// Awaiting it throws std::system_error, or stores the error in `error`. The memory must last
    /// until the await is over.
    read_operation(loop_core& core, int fd, void* data, std::size_t size, direction& incoming,
                   error_sink error) noexcept
        : stream_awaitable(core, fd, incoming, error), data_(data),
          size_(size < size_max ? size : size_max) {}

    std::size_t await_resume();

private:
    friend ring_awaitable;

    static constexpr std::size_t size_max = std::size_t{1} << 30U;  // an SQE's length has 32 bits

    void prepare(io_uring_sqe& sqe) override;
    readiness missing_readiness() noexcept override;

    void* data_;
    std::size_t size_;
};

}  // namespace ringlet::detail
