#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail::epoll::op {

template <class T>
T* pointer(std::uint64_t address) noexcept {
    return reinterpret_cast<T*>(address);
}

/// How many bytes one operation moves, at most, as one system call does: MAX_RW_COUNT, read(2). So
/// the sum of several calls fits into a CQE's result too.
inline constexpr std::size_t moved_max = 0x7ffff000;

/// The result of a system call as a CQE has it: the call's own, or `-errno`.
inline int result_of(ssize_t returned) noexcept {
    return returned < 0 ? -errno : static_cast<int>(returned);
}

/// Makes a system call again that a signal interrupted.
template <class Call>
ssize_t uninterrupted(const Call& call) noexcept {
    for (;;)
        if (const ssize_t returned = call(); returned >= 0 || errno != EINTR)
            return returned;
}

/// An option of a socket; 0 where `fd` is none.
inline int int_option(int fd, int name) noexcept {
    int value = 0;
    socklen_t size = sizeof(value);
    ::getsockopt(fd, SOL_SOCKET, name, &value, &size);
    return value;
}

/// Whether poll(2), and so epoll(7), takes `fd` for writable.
inline bool looks_writable(int fd) noexcept {
    pollfd polled{fd, POLLOUT, 0};
    return ::poll(&polled, 1, 0) == 1;
}

}  // namespace ringlet::detail::epoll::op
