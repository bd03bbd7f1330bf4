#include "keep.hpp"
#include "ring/epoll/op_description.hpp"
#include "system_call.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace ringlet::detail::epoll::op {

namespace open_op {

bool accepts(const io_uring_sqe& sqe) noexcept {
    return sqe.file_index == 0;
}

/// Opens by `open(flags)` without waiting for the other end of a FIFO, or for what a device waits
/// for: a thread that waits for those can be taken back by nobody. The kernel's ring does so too,
/// most of the time: io_openat2, Linux 6.18.
template <class Open>
int open_at_once(std::uint64_t flags, const Open& open) noexcept {
    if ((flags & (O_NONBLOCK | O_PATH)) != 0)
        return result_of(uninterrupted([&] { return open(flags); }));
    ssize_t fd = uninterrupted([&] { return open(flags | O_NONBLOCK); });
    if (fd < 0 && errno == EAGAIN)  // a lease, whose owner has to give it up in time: fcntl(2)
        fd = uninterrupted([&] { return open(flags); });
    else if (fd >= 0)
        ::fcntl(static_cast<int>(fd), F_SETFL, static_cast<int>(flags));
    return result_of(fd);
}

int work_openat(const waiting_operation& operation) noexcept {
    return open_at_once(operation.open_flags, [&](std::uint64_t flags) {
        return ::openat(operation.fd, pointer<char>(operation.addr), static_cast<int>(flags),
                        static_cast<mode_t>(operation.len));
    });
}

/// Whether the system knows openat2(2), and no seccomp filter refuses it.
bool openat2_is_there() noexcept {
    // A structure without size is what the call itself refuses.
    return ::syscall(SYS_openat2, AT_FDCWD, "", nullptr, 0) < 0 && errno == EINVAL;
}

int work_openat2(const waiting_operation& operation) noexcept {
    const open_how& asked = operation.so_far.kept->how;
    const std::size_t size = std::min<std::size_t>(operation.len, sizeof(asked));
    return open_at_once(asked.flags, [&](std::uint64_t flags) -> long {
        open_how how = asked;
        how.flags = flags;
        const long fd = ::syscall(SYS_openat2, operation.fd, operation.addr, &how, size);
        const int error = errno;
        const bool refused = fd < 0 && (error == ENOSYS || error == EPERM) && !openat2_is_there();
        if (refused && how.resolve == 0)
            return ::openat(operation.fd, pointer<char>(operation.addr), static_cast<int>(flags),
                            static_cast<mode_t>(how.mode));
        errno = refused ? ENOSYS : error;
        return fd;
    });
}

void keep_path_and_how(waiting_operation& operation, kept_memory& kept) {
    keep_path(operation, kept);
    std::memcpy(&kept.how, pointer<void>(operation.addr2),
                std::min<std::size_t>(operation.len, sizeof(kept.how)));
    operation.addr2 = reinterpret_cast<std::uintptr_t>(&kept.how);
}

}  // namespace open_op

extern const op_description openat{
    .accepts = open_op::accepts,
    .waits_for = awaited::worker,
    .keep = keep_path,
    .work = open_op::work_openat,
};

extern const op_description openat2{
    .accepts = open_op::accepts,
    .waits_for = awaited::worker,
    .keep = open_op::keep_path_and_how,
    .work = open_op::work_openat2,
};

}  // namespace ringlet::detail::epoll::op
