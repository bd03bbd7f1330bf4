#include "attempt.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <numeric>

namespace ringlet::detail::epoll {

namespace {

constexpr auto at_position = ~std::uint64_t{0};  // an offset that says: where the file stands

template <class T>
T* pointer(std::uint64_t address) noexcept {
    return reinterpret_cast<T*>(address);
}

int result_of(ssize_t returned) noexcept {
    return returned < 0 ? -errno : static_cast<int>(returned);
}

/// Makes a system call again that a signal interrupted.
template <class Call>
ssize_t uninterrupted(const Call& call) noexcept {
    for (;;)
        if (const ssize_t returned = call(); returned >= 0 || errno != EINTR)
            return returned;
}

/// An option of a socket; 0 where it is none.
int int_option(int fd, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof(value);
    ::getsockopt(fd, SOL_SOCKET, name, &value, &size);
    return value;
}

/// Whether the kernel's ring makes MSG_WAITALL go on with what comes next.
bool is_connection(int fd) noexcept {
    const int type = int_option(fd, SO_TYPE);
    return type == SOCK_STREAM || type == SOCK_SEQPACKET;
}

/// `call(done, flags)` moves what there is; with MSG_WAITALL until all of `size` has been moved.
/// As in the kernel, an error after some progress is told by the next transfer.
template <class Call>
std::optional<int> transfer(const io_uring_sqe& sqe, std::size_t& done, std::size_t size,
                            const Call& call) {
    const auto asked = static_cast<int>(sqe.msg_flags);
    const int flags = (asked & ~MSG_WAITALL) | MSG_DONTWAIT | MSG_NOSIGNAL;
    for (;;) {
        const ssize_t moved = uninterrupted([&] { return call(done, flags); });
        if (moved < 0) {
            if (errno == EAGAIN && (asked & MSG_DONTWAIT) == 0)
                return std::nullopt;
            return done > 0 ? static_cast<int>(done) : -errno;
        }
        done += static_cast<std::size_t>(moved);
        if ((asked & MSG_WAITALL) == 0 || moved == 0 || done >= size || !is_connection(sqe.fd))
            return static_cast<int>(done);
    }
}

std::optional<int> transfer_buffer(const io_uring_sqe& sqe, std::size_t& done) {
    auto* const data = pointer<std::byte>(sqe.addr);
    if (sqe.opcode == IORING_OP_RECV)
        return transfer(sqe, done, sqe.len, [&](std::size_t moved, int flags) {
            return ::recv(sqe.fd, data + moved, sqe.len - moved, flags);
        });
    return transfer(sqe, done, sqe.len, [&](std::size_t moved, int flags) {
        return ::send(sqe.fd, data + moved, sqe.len - moved, flags);
    });
}

/// `message` less the first `done` bytes, with which its control data went; its buffers are copied
/// to `buffers`.
msghdr rest_of(const msghdr& message, std::size_t done, std::array<iovec, IOV_MAX>& buffers) {
    msghdr rest = message;
    if (done == 0)
        return rest;
    rest.msg_control = nullptr;
    rest.msg_controllen = 0;
    rest.msg_iov = buffers.data();
    rest.msg_iovlen = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
        const iovec& buffer = message.msg_iov[i];
        const std::size_t skipped = std::min(done, buffer.iov_len);
        done -= skipped;
        if (skipped < buffer.iov_len)
            buffers[rest.msg_iovlen++] = {static_cast<std::byte*>(buffer.iov_base) + skipped,
                                          buffer.iov_len - skipped};
    }
    return rest;
}

std::optional<int> transfer_message(const io_uring_sqe& sqe, std::size_t& done, kept_memory* kept) {
    auto* const given = pointer<msghdr>(sqe.addr);
    const msghdr& message = kept == nullptr ? *given : kept->header;
    if (message.msg_iovlen > IOV_MAX)
        return -EMSGSIZE;
    const std::size_t size =
        std::accumulate(message.msg_iov, message.msg_iov + message.msg_iovlen, std::size_t{0},
                        [](std::size_t sum, const iovec& buffer) { return sum + buffer.iov_len; });
    std::array<iovec, IOV_MAX> buffers;
    return transfer(sqe, done, size, [&](std::size_t moved, int flags) {
        msghdr rest = rest_of(message, moved, buffers);
        if (sqe.opcode == IORING_OP_SENDMSG)
            return ::sendmsg(sqe.fd, &rest, flags);
        const ssize_t received = ::recvmsg(sqe.fd, &rest, flags);
        if (received >= 0) {
            given->msg_namelen = rest.msg_namelen;
            given->msg_controllen = rest.msg_controllen;
            given->msg_flags = rest.msg_flags;
        }
        return received;
    });
}

std::vector<std::byte> copy_of(const void* data, std::size_t size) {
    const auto* const begin = static_cast<const std::byte*>(data);
    return {begin, begin + (data == nullptr ? 0 : size)};
}

void keep_message(const io_uring_sqe& sqe, kept_memory& kept) {
    const auto& given = *pointer<msghdr>(sqe.addr);
    kept.header = given;
    kept.buffers.assign(given.msg_iov, given.msg_iov + given.msg_iovlen);
    kept.header.msg_iov = kept.buffers.data();
    if (sqe.opcode != IORING_OP_SENDMSG)
        return;  // the name and the control data are written to where the caller wants them
    kept.name = copy_of(given.msg_name, given.msg_namelen);
    kept.control = copy_of(given.msg_control, given.msg_controllen);
    kept.header.msg_name = kept.name.empty() ? nullptr : kept.name.data();
    kept.header.msg_control = kept.control.empty() ? nullptr : kept.control.data();
}

}  // namespace

bool is_file(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 &&
           (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode));
}

std::optional<int> attempt_transfer(const io_uring_sqe& sqe, std::size_t& done, kept_memory* kept) {
    if (sqe.opcode == IORING_OP_RECV || sqe.opcode == IORING_OP_SEND)
        return transfer_buffer(sqe, done);
    return transfer_message(sqe, done, kept);
}

bool never_waits(const io_uring_sqe& sqe) noexcept {
    const bool transfers = sqe.opcode == IORING_OP_RECV || sqe.opcode == IORING_OP_SEND ||
                           sqe.opcode == IORING_OP_RECVMSG || sqe.opcode == IORING_OP_SENDMSG;
    return transfers && (sqe.msg_flags & MSG_DONTWAIT) != 0;
}

void keep_memory(waiting_operation& one) {
    if (!one.kept)
        one.kept = std::make_unique<kept_memory>();
    kept_memory& kept = *one.kept;
    switch (one.opcode) {
    case IORING_OP_RECVMSG:
    case IORING_OP_SENDMSG:
        return keep_message(one, kept);
    case IORING_OP_CONNECT:
        kept.name = copy_of(pointer<void>(one.addr), one.off);
        break;
    case IORING_OP_OPENAT2:
        std::memcpy(&kept.how, pointer<void>(one.off),
                    std::min<std::size_t>(one.len, sizeof(kept.how)));
        one.off = reinterpret_cast<std::uintptr_t>(&kept.how);
        [[fallthrough]];
    case IORING_OP_OPENAT:
    case IORING_OP_STATX:
        kept.name = copy_of(pointer<void>(one.addr), std::strlen(pointer<char>(one.addr)) + 1);
        break;
    default:
        return;
    }
    one.addr = reinterpret_cast<std::uintptr_t>(kept.name.data());
}

void prepare_to_accept(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFL);
    if ((flags & O_NONBLOCK) == 0 && int_option(fd, SO_ACCEPTCONN) != 0)
        ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

std::optional<int> attempt_accept(const io_uring_sqe& sqe) {
    const ssize_t accepted = uninterrupted([&] {
        return ::accept4(sqe.fd, pointer<sockaddr>(sqe.addr), pointer<socklen_t>(sqe.addr2),
                         static_cast<int>(sqe.accept_flags));
    });
    if (accepted < 0 && errno == EAGAIN)
        return std::nullopt;
    return result_of(accepted);
}

std::optional<int> attempt_connect(const io_uring_sqe& sqe, bool again) {
    // connect(2) knows no MSG_DONTWAIT.
    const int flags = ::fcntl(sqe.fd, F_GETFL);
    const bool blocks = (flags & O_NONBLOCK) == 0;
    if (blocks)
        ::fcntl(sqe.fd, F_SETFL, flags | O_NONBLOCK);
    const int result =
        result_of(::connect(sqe.fd, pointer<sockaddr>(sqe.addr), static_cast<socklen_t>(sqe.off)));
    if (blocks)
        ::fcntl(sqe.fd, F_SETFL, flags);
    if (result == -EINPROGRESS || result == -EAGAIN || result == -EINTR ||
        (again && result == -EALREADY))
        return std::nullopt;
    return again && result == -EISCONN ? 0 : result;
}

bool waits_for_peer(const io_uring_sqe& sqe) noexcept {
    const bool sends = sqe.opcode == IORING_OP_SEND || sqe.opcode == IORING_OP_SENDMSG;
    if (sqe.opcode != IORING_OP_CONNECT && !(sends && !is_connection(sqe.fd)))
        return false;
    pollfd polled{sqe.fd, POLLOUT, 0};
    return ::poll(&polled, 1, 0) == 1;
}

std::optional<int> attempt_read_write(const io_uring_sqe& sqe, bool ready) {
    const bool reads = sqe.opcode == IORING_OP_READ;
    auto* const data = pointer<void>(sqe.addr);
    const iovec place{data, sqe.len};
    ssize_t moved = uninterrupted([&] {
        return reads ? ::preadv2(sqe.fd, &place, 1, -1, RWF_NOWAIT)
                     : ::pwritev2(sqe.fd, &place, 1, -1, RWF_NOWAIT);
    });
    if (moved < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        if (!ready)
            return std::nullopt;
        // What is ready takes so much without waiting: pipe(7).
        const std::size_t size = std::min<std::size_t>(sqe.len, PIPE_BUF);
        moved = uninterrupted(
            [&] { return reads ? ::read(sqe.fd, data, sqe.len) : ::write(sqe.fd, data, size); });
    }
    if (moved < 0 && errno == EAGAIN)
        return std::nullopt;
    return result_of(moved);
}

std::optional<int> attempt_file_read(io_uring_sqe& sqe, std::size_t& done) {
    for (;;) {
        const iovec place{pointer<void>(sqe.addr), sqe.len};
        const ssize_t count = uninterrupted(
            [&] { return ::preadv2(sqe.fd, &place, 1, static_cast<off_t>(sqe.off), RWF_NOWAIT); });
        if (count < 0 && (errno == EAGAIN || errno == EOPNOTSUPP || errno == ENOSYS))
            return std::nullopt;
        if (count < 0)
            return done > 0 ? static_cast<int>(done) : -errno;
        done += static_cast<std::size_t>(count);
        sqe.addr += static_cast<std::uint64_t>(count);
        sqe.len -= static_cast<std::uint32_t>(count);
        if (sqe.off != at_position)
            sqe.off += static_cast<std::uint64_t>(count);
        if (count == 0 || sqe.len == 0)  // the end of the file, or of the buffer
            return static_cast<int>(done);
    }
}

int carry_out_blocking(const io_uring_sqe& sqe) {
    auto* const data = pointer<void>(sqe.addr);
    const auto offset = static_cast<off_t>(sqe.off);
    return result_of(uninterrupted([&]() -> ssize_t {
        switch (sqe.opcode) {
        case IORING_OP_READ:
            return sqe.off == at_position ? ::read(sqe.fd, data, sqe.len)
                                          : ::pread(sqe.fd, data, sqe.len, offset);
        case IORING_OP_WRITE:
            return sqe.off == at_position ? ::write(sqe.fd, data, sqe.len)
                                          : ::pwrite(sqe.fd, data, sqe.len, offset);
        case IORING_OP_OPENAT:
            return ::openat(sqe.fd, pointer<char>(sqe.addr), static_cast<int>(sqe.open_flags),
                            static_cast<mode_t>(sqe.len));
        case IORING_OP_OPENAT2:
            return ::syscall(SYS_openat2, sqe.fd, sqe.addr, sqe.addr2, sqe.len);
        case IORING_OP_FSYNC:
            return (sqe.fsync_flags & IORING_FSYNC_DATASYNC) != 0 ? ::fdatasync(sqe.fd)
                                                                  : ::fsync(sqe.fd);
        case IORING_OP_STATX:
            return ::statx(sqe.fd, pointer<char>(sqe.addr), static_cast<int>(sqe.statx_flags),
                           sqe.len, pointer<struct ::statx>(sqe.addr2));
        default:
            errno = EINVAL;
            return -1;
        }
    }));
}

}  // namespace ringlet::detail::epoll
