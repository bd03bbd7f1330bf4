#include "successor.hpp"
#include "listen_variables.hpp"
#include "predecessor.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/coro/shield.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

namespace ringlet::daemon::detail {

namespace {

using ringlet::detail::owned_descriptor;

constexpr int cannot_execute = 127;

/// Puts descriptors at the numbers from 3 on, in their order, where execve(2) leaves them open.
bool place(const std::vector<int>& descriptors) noexcept {
    const int beyond = first_inherited + static_cast<int>(descriptors.size());
    std::vector<int> apart;  // none of them where another is to be
    for (const int fd : descriptors)
        apart.push_back(::fcntl(fd, F_DUPFD_CLOEXEC, beyond));
    for (std::size_t i = 0; i < apart.size(); ++i)
        if (apart[i] < 0 || ::dup2(apart[i], first_inherited + static_cast<int>(i)) < 0)
            return false;
    return true;
}

bool is_of_predecessor(std::string_view entry) {
    const std::array<std::string_view, 5> names{listen_pid, listen_fds, listen_names,
                                                "WATCHDOG_PID", predecessor::variable};
    return std::ranges::any_of(names, [&](std::string_view name) {
        return entry.starts_with(name) && entry.substr(name.size()).starts_with('=');
    });
}

/// The environment of the new program, whose process this is.
std::vector<std::string> environment_of_successor(const std::vector<legacy>& sockets) {
    const std::string pid = std::to_string(::getpid());
    const std::string link = std::to_string(first_inherited + static_cast<int>(sockets.size()));
    std::string names;
    std::string owned;
    for (const legacy& socket : sockets) {
        names += (names.empty() ? "" : ":") + socket.name;
        owned += socket.owned ? '1' : '0';
    }
    std::vector<std::string> variables;
    bool watched = false;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        if (!is_of_predecessor(*entry))
            variables.emplace_back(*entry);
        watched = watched || std::string_view(*entry).starts_with("WATCHDOG_PID=");
    }
    variables.push_back(std::string(listen_pid) + "=" + pid);
    variables.push_back(std::string(listen_fds) + "=" + std::to_string(sockets.size()));
    variables.push_back(std::string(listen_names) + "=" + names);
    variables.push_back(std::string(predecessor::variable) + "=" + pid + ":" + link + ":" + owned);
    if (watched)
        variables.push_back("WATCHDOG_PID=" + pid);
    return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

/// Becomes the new program, in its process. Where that fails, tells so through the link.
int execute(own_program program, const std::vector<legacy>& sockets, int link) {
    std::vector<int> descriptors;
    for (const legacy& socket : sockets)
        descriptors.push_back(socket.fd);
    descriptors.push_back(link);
    std::vector<std::string> variables = environment_of_successor(sockets);
    if (place(descriptors)) {
        link = first_inherited + static_cast<int>(sockets.size());
        ::execve(program.path.c_str(), pointers_to(program.arguments).data(),
                 pointers_to(variables).data());
    }
    const int error = errno;
    ::send(link, &error, sizeof(error), MSG_NOSIGNAL);
    return cannot_execute;
}

child_process start(const own_program& program, const std::vector<legacy>& sockets, int link) {
    std::vector<int> kept{link};
    for (const legacy& socket : sockets)
        kept.push_back(socket.fd);
    return child_process::fork([&] { return execute(program, sockets, link); }, kept);
}

}  // namespace

struct successor::link_ends {
    link_ends() {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) < 0)
            throw std::system_error(errno, std::system_category(), "socketpair");
        own = owned_descriptor(ends[0], "socketpair");
        other = owned_descriptor(ends[1], "socketpair");
    }

    owned_descriptor own;
    owned_descriptor other;
};

successor::successor(const own_program& program, const std::vector<legacy>& sockets)
    : successor(program, sockets, link_ends()) {}

successor::successor(const own_program& program, const std::vector<legacy>& sockets, link_ends ends)
    : link_(std::move(ends.own)), child_(start(program, sockets, ends.other.native_handle())) {}

task<std::string> successor::obstacle(std::chrono::milliseconds timeout) {
    const cancel_scope time_limit(timeout);
    std::error_code failed;
    co_await poll(link_.native_handle(), POLLIN, failed);
    if (failed == std::errc::timed_out)
        co_return "it did not say in time that it serves";
    if (failed)
        throw std::system_error(failed, "restart");
    std::array<char, sizeof(int)> said{};
    const ssize_t size = ::recv(link_.native_handle(), said.data(), said.size(), MSG_DONTWAIT);
    if (size == 1 && said[0] == predecessor::ready)
        co_return "";
    if (size != static_cast<ssize_t>(said.size()))
        co_return co_await end_of_child();
    int error = 0;
    std::memcpy(&error, said.data(), sizeof(error));
    co_return "it cannot be executed: " + std::system_category().message(error);
}

// The program has closed its end of the link, most often by its own end.
task<std::string> successor::end_of_child() {
    std::error_code failed;
    const exit_status status = co_await child_.wait(failed);
    co_return failed ? "it closed the socket by which it was to say that it serves"
                     : "it " + status.to_string();
}

bool successor::give_up_sockets() noexcept {
    return ::send(link_.native_handle(), &predecessor::given_up, 1, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           1;
}

task<> successor::end(std::chrono::milliseconds timeout) {
    const shield ending;
    child_.kill(SIGTERM);
    std::error_code failed;
    {
        const cancel_scope time_limit(timeout);
        co_await child_.wait(failed);
    }
    if (!failed)
        co_return;
    child_.kill(SIGKILL);
    co_await child_.wait(failed);
}

}  // namespace ringlet::daemon::detail
