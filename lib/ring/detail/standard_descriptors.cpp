#include "standard_descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace ringlet::detail {

void hold_standard_descriptors() noexcept {
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(fd, F_GETFD) >= 0)
            continue;
        // The lowest free number is `fd`, unless another thread has just taken it. Programs that
        // are executed inherit it, as they would the stream.
        const int held = ::open("/dev/null", O_RDWR);
        if (held > STDERR_FILENO)
            ::close(held);
    }
}

}  // namespace ringlet::detail
