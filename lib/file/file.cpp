#include "file/detail/open_file.hpp"

#include <ringlet/file/file.hpp>
#include <ringlet/loop/detail/close_operation.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace ringlet {

namespace {

/// What a file is, without asking a server for it where the file is on a network.
struct stat status_of(int fd) {
    struct stat status {};
    struct statx asked {};
    if (::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_SIZE, &asked) == 0) {
        status.st_mode = asked.stx_mode;
        status.st_size = static_cast<off_t>(asked.stx_size);
    } else if (::fstat(fd, &status) < 0) {  // a seccomp filter may have refused the former
        throw std::system_error(errno, std::system_category(), "statx");
    }
    return status;
}

}  // namespace

file::~file() {
    if (is_open())
        ::close(fd_);
}

task<file> file::open(std::filesystem::path path, int flags, mode_t permissions, error_sink error) {
    return detail::open_file(AT_FDCWD, std::move(path), flags, permissions, 0, error);
}

bool file::is_regular() const {
    return S_ISREG(status_of(fd_).st_mode);
}

std::uint64_t file::size() const {
    return static_cast<std::uint64_t>(status_of(fd_).st_size);
}

int file::release() noexcept {
    detail::check(pending_.empty(),
                  "a file was given away while an operation on it was pending; await the operation "
                  "first");
    return std::exchange(fd_, -1);
}

task<> file::close(error_sink error) {
    detail::check(pending_.empty(),
                  "a file was closed while an operation on it was pending; await the "
                  "operation first");
    std::error_code failure;
    if (is_open())
        failure = co_await detail::close_operation(*core_, std::exchange(fd_, -1));
    error.report(failure, "close");
}

}  // namespace ringlet
