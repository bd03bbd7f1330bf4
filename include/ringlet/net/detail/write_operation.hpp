#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/outgoing_bytes.hpp>
#include <ringlet/net/detail/stream_operation.hpp>

#include <cstddef>

namespace ringlet::detail {

/// Writes `size` bytes to a descriptor of any kind: as many as it takes at once, or all of them.
/// Yields how many it has written. write(2).
///
/// Bytes for a file go through the ring, since a disk may be slow. To anything else it writes
/// by itself once poll(2) says that there is room. The ring's WRITE raises SIGPIPE at a pipe
/// without a reader, and waits for a terminal in `enter`, where nothing else goes on (Linux 6.18).
class write_operation final : public stream_awaitable<write_operation> {
public:
    static constexpr const char* name = "write";

    using extent = outgoing_bytes::extent;

    /// `is_file` says that `fd` is a file, which no poll(2) waits for. Awaiting it throws
    /// std::system_error, or stores the error in `error`. The memory must last until the await is
    /// over.
    write_operation(loop_core& core, int fd, bool is_file, const void* data, std::size_t size,
                    extent wanted, direction& outgoing, error_sink error) noexcept
        : stream_awaitable(core, fd, outgoing, error, never_enough), is_file_(is_file),
          bytes_(data, size, wanted) {}

    /// Ends at once if there are no bytes to write.
    [[nodiscard]] bool await_ready() noexcept { return ends_at_once(bytes_.empty()); }

    std::size_t await_resume();

private:
    friend ring_awaitable;

    void prepare(io_uring_sqe& sqe) override;
    void complete(const completion& cqe) override;

    void written(int count);

    bool is_file_;
    outgoing_bytes bytes_;
};

}  // namespace ringlet::detail
