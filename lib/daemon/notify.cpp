#include "base/detail/standard_descriptors.hpp"
#include "daemon/detail/environment.hpp"

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/daemon/notify.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/detail/control_data.hpp>

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace ringlet::daemon {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t descriptors_max = 253;  // SCM_MAX_FD, which Linux refuses to exceed

std::error_code last_error() noexcept {
    return {errno, std::system_category()};
}

/// Sends the notification through a socket that is connected; waits while the peer is full.
std::error_code send_through(int fd, const notification& said, std::chrono::milliseconds patience) {
    iovec text{const_cast<char*>(said.text().data()), said.text().size()};
    std::vector<std::byte> control;
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    if (!said.descriptors().empty()) {
        const std::size_t size = said.descriptors().size() * sizeof(int);
        control.resize(CMSG_SPACE(size));
        message.msg_control = control.data();
        ringlet::detail::control_data::append(message, SOL_SOCKET, SCM_RIGHTS,
                                              said.descriptors().data(), size);
    }
    const auto give_up = steady_clock::now() + patience;
    while (::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        const std::error_code failed = last_error();
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(give_up - steady_clock::now());
        if (failed == std::errc::interrupted)
            continue;
        if (failed != std::errc::resource_unavailable_try_again || left.count() <= 0)
            return failed;
        pollfd room{fd, POLLOUT, 0};
        ::poll(&room, 1,
               static_cast<int>(std::min<std::chrono::milliseconds::rep>(
                   left.count(), std::numeric_limits<int>::max())));
    }
    return {};
}

std::error_code send_to(const std::string& name, const notification& said,
                        std::chrono::milliseconds patience) {
    if (name.empty() || (name[0] != '/' && name[0] != '@'))
        return std::make_error_code(std::errc::address_family_not_supported);
    address manager;
    try {
        manager = address::unix_path(name);
    } catch (const std::exception&) {
        return std::make_error_code(std::errc::filename_too_long);
    }
    const int opened =
        ringlet::detail::above_standard(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (opened < 0)
        return last_error();
    const ringlet::detail::owned_descriptor sending(opened, "socket");
    if (::connect(opened, manager.data(), manager.size()) < 0)
        return last_error();
    return send_through(opened, said, patience);
}

}  // namespace

notification& notification::reloading() {
    const auto since_boot = steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC
    const auto usec = std::chrono::floor<std::chrono::microseconds>(since_boot);
    return state("RELOADING=1").state("MONOTONIC_USEC=" + std::to_string(usec.count()));
}

notification& notification::status(std::string_view text) {
    std::string line(text);
    std::ranges::replace_if(
        line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    return state("STATUS=" + line);
}

notification& notification::main_pid(pid_t pid) {
    return state("MAINPID=" + std::to_string(pid));
}

notification& notification::store(std::string_view name, int fd) {
    if (descriptors_.size() == descriptors_max)
        throw std::length_error("notification: too many descriptors; send several notifications");
    state("FDSTORE=1").state("FDNAME=" + std::string(name));
    descriptors_.push_back(fd);
    return *this;
}

notification& notification::remove_stored(std::string_view name) {
    return state("FDSTOREREMOVE=1").state("FDNAME=" + std::string(name));
}

notification& notification::state(std::string_view assignment) {
    if (assignment.find('=') == std::string_view::npos ||
        assignment.find('\n') != std::string_view::npos)
        throw std::invalid_argument("notification: \"" + std::string(assignment) +
                                    "\" is no statement; write one NAME=VALUE");
    text_.append(assignment).append("\n");
    return *this;
}

bool notify(const notification& said, error_sink error, std::chrono::milliseconds patience) {
    const std::optional<std::string> name = detail::variable("NOTIFY_SOCKET");
    if (!name) {
        error.report({}, "notify");
        return false;
    }
    error.report(send_to(*name, said, patience),
                 [&] { return "notify: NOTIFY_SOCKET is \"" + *name + "\""; });
    return true;
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const std::optional<std::string> usec = detail::variable("WATCHDOG_USEC");
    const std::optional<std::string> pid = detail::variable("WATCHDOG_PID");
    if (!usec || (pid && !detail::names_this_process("WATCHDOG_PID", *pid)))
        return std::nullopt;
    const std::optional<std::uint64_t> found = detail::number_in(*usec);
    constexpr std::uint64_t usec_max = std::numeric_limits<std::int64_t>::max() / 1000;
    if (!found || *found == 0 || *found > usec_max)
        detail::refuse_variable("WATCHDOG_USEC", *usec, "that is no number of microseconds");
    return std::chrono::microseconds(*found);
}

}  // namespace ringlet::daemon
