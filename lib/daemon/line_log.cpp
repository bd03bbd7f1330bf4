#include "base/detail/standard_descriptors.hpp"
#include "base/detail/without_sigpipe.hpp"
#include "daemon/detail/json_line.hpp"

#include <ringlet/daemon/line_log.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace ringlet::daemon {

namespace {

/// Opens what is behind a descriptor once more, so that its writes do not wait; -1 where that is
/// refused.
int open_again(int fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    return ringlet::detail::above_standard(
        ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

bool has_room(int fd) noexcept {
    pollfd room{fd, POLLOUT, 0};
    return ::poll(&room, 1, 0) > 0;
}

}  // namespace

line_log::line_log(const line_log_options& options, int fd) : options_(options), fd_(fd) {
    struct stat behind {};
    if (::fstat(fd, &behind) < 0)
        throw std::system_error(errno, std::system_category(),
                                "line_log: descriptor " + std::to_string(fd));
    if (S_ISSOCK(behind.st_mode)) {
        way_ = way::socket;
    } else if (S_ISFIFO(behind.st_mode) || S_ISCHR(behind.st_mode)) {
        const int own = open_again(fd);
        owned_ = own >= 0;
        fd_ = owned_ ? own : fd;
        way_ = owned_ ? way::nonblocking : way::asked;
    }
}

line_log::~line_log() {
    if (owned_)
        ::close(fd_);
}

void line_log::write(const log_record& record) {
    if (record.level < options_.least)
        return;
    report_lost();
    if (write_record(record))
        return;
    ++lost_;
    ++unreported_;
}

void line_log::report_lost() noexcept {
    const std::uint64_t lost = log_level::warning < options_.least ? 0 : unreported_.exchange(0);
    if (lost == 0)
        return;
    const log_field field{"count", lost};
    if (!write_record({log_level::warning, "lines of the log were lost", {&field, 1}}))
        unreported_ += lost;
}

bool line_log::write_record(const log_record& record) noexcept {
    try {
        if (options_.lines == line_log_options::form::json)
            return write_line(detail::json_line(record, options_.time).text());
    } catch (...) {
        return false;
    }
    return write_line(log_line(record, {.time = options_.time}).text());
}

bool line_log::write_line(std::string_view line) const noexcept {
    if (way_ == way::asked && !has_room(fd_))
        return false;
    if (way_ == way::socket)
        return ::send(fd_, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
               static_cast<ssize_t>(line.size());
    const ringlet::detail::without_sigpipe sigpipe_blocked;
    const ssize_t written = ::write(fd_, line.data(), line.size());
    if (written < 0 && errno == EPIPE)
        sigpipe_blocked.take_back();
    return written == static_cast<ssize_t>(line.size());
}

}  // namespace ringlet::daemon
