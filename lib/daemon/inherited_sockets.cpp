#include "daemon/detail/environment.hpp"
#include "daemon/detail/listen_variables.hpp"
#include "daemon/detail/predecessor.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/daemon/inherited_sockets.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace ringlet::daemon {

namespace {

using detail::first_inherited;
using detail::listen_fds;
using detail::listen_names;
using detail::listen_pid;

constexpr const char* unknown = "unknown";  // the name of a socket that was given none
constexpr std::size_t name_size_max = 255;

std::vector<std::string> split(const std::string& names) {
    std::vector<std::string> pieces(1);
    for (const char c : names) {
        if (c == ':')
            pieces.emplace_back();
        else
            pieces.back() += c;
    }
    return pieces;
}

/// Whether the descriptor is open; it is close-on-exec then.
bool close_on_exec(int fd) noexcept {
    const int flags = ::fcntl(fd, F_GETFD);
    return flags >= 0 && ::fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0;
}

void require_name(std::string_view name) {
    const bool printable =
        std::ranges::all_of(name, [](char c) { return c >= ' ' && c <= '~' && c != ':'; });
    if (name.empty() || name.size() > name_size_max || !printable)
        throw std::invalid_argument("inherited_sockets: \"" + std::string(name) +
                                    "\" cannot be the name of a socket: it has 1 to 255 printable "
                                    "characters, and no colon");
}

/// The number of the descriptors that this process was given. Throws where it is no such number.
std::uint64_t count_of(const std::optional<std::string>& pid,
                       const std::optional<std::string>& count) {
    if (!pid || !count || !detail::names_this_process(listen_pid, *pid))
        return 0;
    const std::optional<std::uint64_t> found = detail::number_in(*count);
    if (!found || *found > std::numeric_limits<int>::max() - first_inherited)
        detail::refuse_variable(listen_fds, *count, "that is no number of descriptors");
    return *found;
}

}  // namespace

inherited_sockets::inherited_sockets() {
    const detail::predecessor* const before = detail::predecessor::of_this_process();
    const std::optional<std::string> pid = detail::take_variable(listen_pid);
    const std::optional<std::string> count_text = detail::take_variable(listen_fds);
    const std::optional<std::string> names_text = detail::take_variable(listen_names);
    const std::uint64_t count = count_of(pid, count_text);
    for (std::uint64_t i = 0; i < count; ++i) {
        const int fd = first_inherited + static_cast<int>(i);
        if (!close_on_exec(fd))
            detail::refuse_variable(listen_fds, *count_text,
                                    "descriptor " + std::to_string(fd) + " is not open");
        given_.push_back({unknown, ringlet::detail::owned_descriptor(fd, listen_fds),
                          before != nullptr && before->hands_over(i)});
    }
    if (count == 0 || !names_text)
        return;
    const std::vector<std::string> names = split(*names_text);
    if (names.size() != count)
        detail::refuse_variable(listen_names, *names_text,
                                "there are " + std::to_string(count) + " descriptors");
    for (std::size_t i = 0; i < count; ++i)
        given_[i].name = names[i];
}

inherited_sockets::~inherited_sockets() {
    close_rest();
}

named_socket inherited_sockets::take(given& taken) {
    int domain = 0;
    socklen_t size = sizeof(domain);
    const int fd = taken.fd.native_handle();
    if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) < 0)
        throw std::system_error(errno, std::system_category(),
                                "the inherited descriptor " + std::to_string(fd) + ", \"" +
                                    taken.name + "\", cannot be served");
    ringlet::socket given(network::system(), taken.fd.release());
    return {taken.name, taken.from_predecessor ? bound_socket::succeed(std::move(given))
                                               : bound_socket(std::move(given))};
}

named_socket inherited_sockets::take(std::string_view name) {
    require_name(name);
    const auto found = std::ranges::find_if(given_, [&](const given& candidate) {
        return candidate.fd.native_handle() >= 0 && candidate.name == name;
    });
    if (found == given_.end())
        return {std::string(name), {}};
    return take(*found);
}

named_socket inherited_sockets::take(std::size_t index) {
    if (index >= given_.size() || given_[index].fd.native_handle() < 0)
        return {};
    return take(given_[index]);
}

std::vector<std::string> inherited_sockets::names() const {
    std::vector<std::string> left;
    for (const given& candidate : given_)
        if (candidate.fd.native_handle() >= 0)
            left.push_back(candidate.name);
    return left;
}

void inherited_sockets::close_rest() noexcept {
    for (given& left : given_) {
        if (left.fd.native_handle() < 0)
            continue;
        log(log_level::warning, "an inherited socket is closed, since nothing has taken it",
            {{"name", left.name}});
        const ringlet::detail::owned_descriptor ended = std::move(left.fd);
    }
}

}  // namespace ringlet::daemon
