#include "file/detail/open_file.hpp"

#include <ringlet/file/file.hpp>
#include <ringlet/loop/detail/close_operation.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace ringlet {

namespace {

std::chrono::system_clock::time_point time_of(std::int64_t whole_seconds, std::int64_t rest_ns) {
    using std::chrono::system_clock;
    return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
        std::chrono::seconds(whole_seconds) + std::chrono::nanoseconds(rest_ns)));
}

}  // namespace

file::~file() {
    if (is_open())
        ::close(fd_);
}

task<file> file::open(std::filesystem::path path, int flags, mode_t permissions, error_sink error) {
    return detail::open_file(AT_FDCWD, std::move(path), flags, permissions, 0, error);
}

file_status file::status() const {
    struct statx asked {};
    constexpr unsigned wanted = STATX_TYPE | STATX_SIZE | STATX_MTIME;
    if (::statx(fd_, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted, &asked) == 0)
        return {S_ISREG(asked.stx_mode), asked.stx_size,
                time_of(asked.stx_mtime.tv_sec, asked.stx_mtime.tv_nsec)};
    struct stat status {};
    if (::fstat(fd_, &status) < 0)  // a seccomp filter may have refused the former
        throw std::system_error(errno, std::system_category(), "statx");
    return {S_ISREG(status.st_mode), static_cast<std::uint64_t>(status.st_size),
            time_of(status.st_mtim.tv_sec, status.st_mtim.tv_nsec)};
}

bool file::is_regular() const {
    return status().is_regular;
}

std::uint64_t file::size() const {
    return status().size;
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
