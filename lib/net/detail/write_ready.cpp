#include "write_ready.hpp"
#include "base/detail/without_sigpipe.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace ringlet::detail {

namespace {

/// Whether a descriptor or the system does not know RWF_NOWAIT: EPERM is what a seccomp filter may
/// say that does not know pwritev2(2).
bool lacks_nowait(int error) noexcept {
    return error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

ssize_t write_without_waiting(int fd, const void* data, std::size_t size) noexcept {
    const iovec buffer{const_cast<void*>(data), size};
    const ssize_t count = ::pwritev2(fd, &buffer, 1, -1, RWF_NOWAIT);
    if (count >= 0 || !lacks_nowait(errno))
        return count;
    // A descriptor that is ready takes a little without waiting: pipe(7).
    const bool waits = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
    return ::write(fd, data, waits ? std::min<std::size_t>(size, PIPE_BUF) : size);
}

}  // namespace

int write_ready(int fd, const void* data, std::size_t size) noexcept {
    const without_sigpipe sigpipe_blocked;
    ssize_t count = 0;
    do
        count = write_without_waiting(fd, data, size);
    while (count < 0 && errno == EINTR);
    const int result = count < 0 ? -errno : static_cast<int>(count);
    if (result == -EPIPE)
        sigpipe_blocked.take_back();
    return result;
}

}  // namespace ringlet::detail
