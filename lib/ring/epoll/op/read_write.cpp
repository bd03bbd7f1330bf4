#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

namespace ringlet::detail::epoll::op {

namespace read_write_op {

constexpr auto at_position = ~std::uint64_t{0};  // an offset that says: where the file stands

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.rw_flags == 0;
}

/// Whether a descriptor or the system does not know RWF_NOWAIT: EPERM is what a seccomp filter may
/// say that does not know preadv2(2).
bool lacks_nowait(int error) noexcept {
    return error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

/// What `transfer`, which does not wait, comes to. Where RWF_NOWAIT is not known, `transfer_ready`,
/// which does not wait where poll(2) says so, is made once epoll has.
template <class Transfer, class TransferReady>
std::optional<int> stream_result(const progress& so_far, const Transfer& transfer,
                                 const TransferReady& transfer_ready) noexcept {
    ssize_t moved = uninterrupted(transfer);
    if (moved < 0 && lacks_nowait(errno)) {
        if (!so_far.waited)
            return std::nullopt;
        moved = uninterrupted(transfer_ready);
    }
    if (moved < 0 && errno == EAGAIN)
        return std::nullopt;
    return result_of(moved);
}

std::optional<outcome> attempt_read(ring_state& /*ring*/, const io_uring_sqe& sqe,
                                    progress& so_far) {
    const iovec buffer{pointer<void>(sqe.addr), sqe.len};
    return stream_result(
        so_far, [&] { return ::preadv2(sqe.fd, &buffer, 1, -1, RWF_NOWAIT); },
        [&] { return ::read(sqe.fd, buffer.iov_base, buffer.iov_len); });
}

std::optional<outcome> attempt_write(ring_state& /*ring*/, const io_uring_sqe& sqe,
                                     progress& so_far) {
    const iovec buffer{pointer<void>(sqe.addr), sqe.len};
    // A pipe that is ready takes so much without waiting: pipe(7).
    const std::size_t taken = std::min<std::size_t>(sqe.len, PIPE_BUF);
    return stream_result(
        so_far, [&] { return ::pwritev2(sqe.fd, &buffer, 1, -1, RWF_NOWAIT); },
        [&] { return ::write(sqe.fd, buffer.iov_base, taken); });
}

std::size_t size_of(const io_uring_sqe& sqe) noexcept {
    return std::min<std::size_t>(sqe.len, moved_max);
}

/// An SQE's buffer and offset, less what has been moved.
struct remainder {
    explicit remainder(const io_uring_sqe& sqe, std::size_t done) noexcept
        : data(pointer<std::byte>(sqe.addr) + done), size(size_of(sqe) - done),
          offset(static_cast<off_t>(sqe.off == at_position ? sqe.off : sqe.off + done)) {}

    std::byte* data;
    std::size_t size;
    off_t offset;  // -1 for where the file stands
};

/// Reads from a file what is in memory.
std::optional<outcome> attempt_cached_read(ring_state& /*ring*/, const io_uring_sqe& sqe,
                                           progress& so_far) {
    for (;;) {
        const remainder rest(sqe, so_far.done);
        const iovec buffer{rest.data, rest.size};
        const ssize_t count =
            uninterrupted([&] { return ::preadv2(sqe.fd, &buffer, 1, rest.offset, RWF_NOWAIT); });
        if (count < 0 && (errno == EAGAIN || lacks_nowait(errno)))
            return std::nullopt;
        if (count < 0)
            return so_far.done > 0 ? static_cast<int>(so_far.done) : -errno;
        so_far.done += static_cast<std::size_t>(count);
        if (count == 0 || so_far.done == size_of(sqe))  // the end of the file, or of the buffer
            return static_cast<int>(so_far.done);
    }
}

int work_read(const waiting_operation& operation) noexcept {
    const remainder rest(operation, operation.so_far.done);
    return result_of(uninterrupted([&] {
        return rest.offset == -1 ? ::read(operation.fd, rest.data, rest.size)
                                 : ::pread(operation.fd, rest.data, rest.size, rest.offset);
    }));
}

int work_write(const waiting_operation& operation) noexcept {
    const remainder rest(operation, operation.so_far.done);
    return result_of(uninterrupted([&] {
        return rest.offset == -1 ? ::write(operation.fd, rest.data, rest.size)
                                 : ::pwrite(operation.fd, rest.data, rest.size, rest.offset);
    }));
}

constexpr op_description read_of_file{
    .waits_for = awaited::worker,
    .attempt = attempt_cached_read,
    .work = work_read,
};

constexpr op_description write_of_file{
    .waits_for = awaited::worker,
    .work = work_write,
};

}  // namespace read_write_op

extern const op_description read{
    .accepts = read_write_op::accepts,
    .at_descriptor = true,
    .waits_for = awaited::input,
    .of_files = &read_write_op::read_of_file,
    .attempt = read_write_op::attempt_read,
    .work = read_write_op::work_read,
};

extern const op_description write{
    .accepts = read_write_op::accepts,
    .at_descriptor = true,
    .waits_for = awaited::output,
    .of_files = &read_write_op::write_of_file,
    .attempt = read_write_op::attempt_write,
    .work = read_write_op::work_write,
};

}  // namespace ringlet::detail::epoll::op
