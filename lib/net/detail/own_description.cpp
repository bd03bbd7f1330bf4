#include "own_description.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace ringlet::detail {

namespace {

/// Whether `fd` is a terminal that a program uses, rather than the master of one: to open a master
/// once more makes another terminal. pty(7).
bool is_terminal(int fd) noexcept {
    unsigned number = 0;
    return ::isatty(fd) == 1 && ::ioctl(fd, TIOCGPTN, &number) < 0;
}

bool are_one_device(int fd, int other) noexcept {
    struct stat one {};
    struct stat two {};
    return ::fstat(fd, &one) == 0 && ::fstat(other, &two) == 0 && S_ISCHR(two.st_mode) &&
           one.st_rdev == two.st_rdev;
}

}  // namespace

owned_descriptor own_description(owned_descriptor opened) {
    const int fd = opened.native_handle();
    if (!is_terminal(fd))
        return opened;
    const int mode = ::fcntl(fd, F_GETFL) & O_ACCMODE;
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    const int reopened = ::open(path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (reopened < 0)
        return opened;
    owned_descriptor own(reopened, "open");
    return are_one_device(fd, own.native_handle()) ? std::move(own) : std::move(opened);
}

}  // namespace ringlet::detail
