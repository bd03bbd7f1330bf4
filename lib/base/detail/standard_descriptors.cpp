#include "standard_descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <initializer_list>

namespace ringlet::detail {

namespace {

/// A descriptor that can stay in the place of a standard stream: /dev/null, or where that is not to
/// be had, as in many a chroot(2), the root as one that can be neither read nor written.
int open_nothing() noexcept {
    const int null_device = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    return null_device >= 0 ? null_device : ::open("/", O_PATH | O_CLOEXEC);
}

/// Lets nothing take the place of `fd`, or closes that where there is nothing to take it. Programs
/// that are executed inherit what takes it, as they would the stream.
void replace_by_nothing(int fd) noexcept {
    const int nothing = open_nothing();
    if (nothing < 0 || ::dup2(nothing, fd) < 0)
        ::close(fd);
    if (nothing >= 0 && nothing != fd)
        ::close(nothing);
}

}  // namespace

void hold_standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0)
            continue;
        // The lowest free number is `fd`, unless another thread has just taken it.
        const int nothing = open_nothing();
        if (nothing == fd)
            ::fcntl(fd, F_SETFD, 0);
        else if (nothing >= 0)
            ::close(nothing);
    }
}

int moved_above_standard(int fd) noexcept {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    const int error = errno;
    replace_by_nothing(fd);
    errno = error;
    return moved;
}

// Descriptors of ringlet are close-on-exec, and a standard stream hardly ever is. A program that
// has opened its log in the place of stderr, close-on-exec, has opened no socket.
bool stderr_is_open() noexcept {
    const int flags = ::fcntl(STDERR_FILENO, F_GETFD);
    if (flags < 0)
        return false;
    struct stat status {};
    return (flags & FD_CLOEXEC) == 0 || ::fstat(STDERR_FILENO, &status) < 0 ||
           !S_ISSOCK(status.st_mode);
}

}  // namespace ringlet::detail
