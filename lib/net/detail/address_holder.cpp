#include "address_holder.hpp"
#include "inet_sockets.hpp"

#include <ringlet/loop/detail/loop_core.hpp>

#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace ringlet::detail {

namespace {

namespace fs = std::filesystem;

/// A socket at an address: what a descriptor of it is a link to in /proc, and its user, where that
/// is told.
struct listed_socket {
    std::string link;
    std::optional<uid_t> owner;
};

using listed_sockets = std::vector<listed_socket>;

listed_socket listed(const std::string& inode, std::optional<uid_t> owner) {
    return {"socket:[" + inode + "]", owner};
}

/// The TCP sockets that listen at the port, or the UDP sockets that have it; none where the kernel
/// does not tell.
void list_port(int type, std::uint16_t port, listed_sockets& found) {
    const auto sockets = [&] {
        return type == SOCK_STREAM ? inet_sockets_at(IPPROTO_TCP, port, 1U << TCP_LISTEN)
                                   : inet_sockets_at(IPPROTO_UDP, port, any_state);
    };
    try {
        for (const inet_diag_msg& told : sockets())
            found.push_back(listed(std::to_string(told.idiag_inode), told.idiag_uid));
    } catch (const std::system_error&) {
        // The holder of the address is unknown then.
    }
}

/// The sockets of /proc/net/unix that have the name.
void list_name(const std::string& name, listed_sockets& found) {
    std::ifstream lines("/proc/thread-self/net/unix");
    std::string line;
    std::getline(lines, line);  // the names of the columns
    while (std::getline(lines, line)) {
        std::istringstream columns(line);
        std::string inode;
        std::string its_name;
        std::string skipped;
        columns >> skipped >> skipped >> skipped >> skipped >> skipped >> skipped >> inode;
        std::getline(columns >> std::ws, its_name);
        if (its_name == name)
            found.push_back(listed(inode, {}));
    }
}

/// The sockets at an address. Of a port those of any host, one of which may be that of all hosts.
listed_sockets sockets_at(const address& local, int type) {
    listed_sockets found;
    if (local.family() == AF_UNIX)
        list_name(local.host(), found);
    else
        list_port(type, local.port(), found);
    return found;
}

/// Whether a process has one of the sockets.
address_holder holds(const fs::path& process, const listed_sockets& sockets) {
    std::error_code error;
    fs::directory_iterator descriptors(process / "fd", error);
    for (; !error && descriptors != fs::directory_iterator(); descriptors.increment(error)) {
        std::error_code closed;
        const std::string link = fs::read_symlink(descriptors->path(), closed).string();
        const auto is_it = [&](const listed_socket& one) { return one.link == link; };
        if (std::ranges::any_of(sockets, is_it))
            return address_holder::alive;
    }
    struct stat status {};
    if (error != std::errc::permission_denied || ::stat(process.c_str(), &status) < 0)
        return address_holder::dead;
    const auto may_be_its = [&](const listed_socket& one) {
        return one.owner.value_or(status.st_uid) == status.st_uid;
    };
    return std::ranges::any_of(sockets, may_be_its) ? address_holder::unknown
                                                    : address_holder::dead;
}

bool is_process(const fs::path& entry) {
    return std::isdigit(static_cast<unsigned char>(entry.filename().string().front())) != 0;
}

bool is_other_file(const address& local) {
    struct stat status {};
    return !local.path().empty() && ::lstat(local.path().c_str(), &status) == 0 &&
           !S_ISSOCK(status.st_mode);
}

}  // namespace

address_holder holder_of(const address& local, int type) {
    const listed_sockets sockets = sockets_at(local, type);
    if (sockets.empty())
        return is_other_file(local) ? address_holder::alive : address_holder::unknown;
    if (holds("/proc/self", sockets) == address_holder::alive)
        return address_holder::alive;
    address_holder known = address_holder::dead;
    std::error_code error;
    fs::directory_iterator processes("/proc", error);
    for (; !error && processes != fs::directory_iterator(); processes.increment(error)) {
        if (!is_process(processes->path()))
            continue;
        const address_holder found = holds(processes->path(), sockets);
        if (found == address_holder::alive)
            return found;
        if (found == address_holder::unknown)
            known = found;
    }
    return error ? address_holder::unknown : known;
}

std::chrono::milliseconds wait_for_holder::longest() const {
    const bool in_loop = loop_core::current() != nullptr;
    switch (holder_of(local_, type_)) {
    case address_holder::dead:
        return in_loop ? std::min(timeout_, in_loop_max) : timeout_;
    case address_holder::unknown:
        return in_loop ? timeout_.zero() : std::min(timeout_, unknown_max);
    default:
        return timeout_.zero();
    }
}

bool wait_for_holder::again() {
    constexpr std::chrono::milliseconds pause_max{20};
    if (std::chrono::steady_clock::now() + pause_ > began_ + longest())
        return false;
    std::this_thread::sleep_for(pause_);
    pause_ = std::min(2 * pause_, pause_max);
    return true;
}

}  // namespace ringlet::detail
