#include "pidfd.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace ringlet::detail {

int open_pidfd(pid_t process) noexcept {
    return above_standard(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
}

void throw_no_pidfd() {
    const int error = errno;
    const bool refused = error == ENOSYS || error == EPERM;
    throw std::system_error(error, std::system_category(),
                            refused ? "pidfd_open: child processes need this call, and the system "
                                      "refuses it, as container profiles before 2020 do; use "
                                      "threads, or a newer profile"
                                    : "pidfd_open");
}

void require_pidfds() {
    const int own = open_pidfd(::getpid());
    if (own < 0)
        throw_no_pidfd();
    ::close(own);
}

}  // namespace ringlet::detail
