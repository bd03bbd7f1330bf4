#include "real_files.hpp"
#include "ring/epoll/op/system_call.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ringlet::testing::detail {

namespace {

using ringlet::detail::epoll::op::pointer;
using ringlet::detail::epoll::op::result_of;

bool is_file(int fd) noexcept {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
}

// Never waits for the other end of a FIFO, which nobody in a simulation opens.
int open_at_once(const io_uring_sqe& sqe) noexcept {
    open_how how{};
    std::memcpy(&how, pointer<void>(sqe.addr2), std::min<std::size_t>(sqe.len, sizeof(how)));
    if ((how.flags & O_PATH) == 0)
        how.flags |= O_NONBLOCK;
    const long fd = ::syscall(SYS_openat2, sqe.fd, pointer<char>(sqe.addr), &how, sizeof(how));
    if (fd < 0 && (errno == ENOSYS || errno == EPERM) && how.resolve == 0)
        return result_of(::openat(sqe.fd, pointer<char>(sqe.addr), static_cast<int>(how.flags),
                                  static_cast<mode_t>(how.mode)));
    return result_of(fd);
}

}  // namespace

std::optional<int> carry_out_on_file(const io_uring_sqe& sqe) noexcept {
    if (sqe.opcode == IORING_OP_OPENAT2)
        return open_at_once(sqe);
    const bool moves = sqe.opcode == IORING_OP_READ || sqe.opcode == IORING_OP_WRITE;
    if ((!moves && sqe.opcode != IORING_OP_FSYNC) || !is_file(sqe.fd))
        return std::nullopt;
    const auto offset = static_cast<off_t>(sqe.off);
    if (sqe.opcode == IORING_OP_READ)
        return result_of(offset < 0 ? ::read(sqe.fd, pointer<void>(sqe.addr), sqe.len)
                                    : ::pread(sqe.fd, pointer<void>(sqe.addr), sqe.len, offset));
    if (sqe.opcode == IORING_OP_WRITE)
        return result_of(offset < 0 ? ::write(sqe.fd, pointer<void>(sqe.addr), sqe.len)
                                    : ::pwrite(sqe.fd, pointer<void>(sqe.addr), sqe.len, offset));
    return result_of(::fsync(sqe.fd));
}

}  // namespace ringlet::testing::detail
