#include "setup_error.hpp"

#include <cerrno>
#include <fstream>
#include <string>

namespace ringlet::detail {

namespace {

std::string cause_of_refusal() {
    std::ifstream sysctl("/proc/sys/kernel/io_uring_disabled");
    int disabled = 0;
    if (sysctl >> disabled && disabled != 0)
        return "the sysctl kernel.io_uring_disabled is " + std::to_string(disabled) +
               "; set it to 0 to allow io_uring";
    return "a seccomp filter forbids io_uring, as Docker's and containerd's default profiles do, "
           "or a security module such as SELinux; allow the io_uring_* calls";
}

std::string likely_cause(int error) {
    switch (error) {
    case EPERM:
    case EACCES:
        return cause_of_refusal();
    case ENOSYS:
        return "this kernel has no io_uring, or one older than Linux 5.11, or a seccomp filter "
               "hides it";
    case ENOMEM:
        return "the limit on locked memory leaves no room for the ring (rings closed a moment ago "
               "still count); raise RLIMIT_MEMLOCK (ulimit -l) or make the ring smaller";
    case EMFILE:
        return "this process has no descriptor left; raise RLIMIT_NOFILE (ulimit -n)";
    case ENFILE:
        return "the system has no descriptor left; raise the sysctl fs.file-max";
    default:
        return "the kernel refused every set-up that was tried";
    }
}

}  // namespace

std::system_error setup_error(int error) {
    return {error, std::system_category(), "io_uring_setup: " + likely_cause(error)};
}

bool lacks_io_uring(const std::error_code& refused) noexcept {
    return refused != std::errc::too_many_files_open &&
           refused != std::errc::too_many_files_open_in_system;
}

}  // namespace ringlet::detail
