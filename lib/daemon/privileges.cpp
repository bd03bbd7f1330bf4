#include "daemon/detail/environment.hpp"

#include <ringlet/daemon/privileges.hpp>
#include <ringlet/loop/loop.hpp>

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace ringlet::daemon {

namespace {

constexpr std::size_t entry_size_first = 4096;

[[noreturn]] void refuse(const std::string& why) {
    throw std::invalid_argument("drop_privileges: " + why);
}

void require(int result, const char* call) {
    if (result < 0)
        throw std::system_error(errno, std::system_category(),
                                std::string("drop_privileges: ") + call);
}

std::optional<std::uint32_t> id_in(const std::string& text) {
    const auto number = detail::number_in(text);
    if (!number || *number >= std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

/// Calls `look_up(entry, buffer, size, found)`, such as getpwnam_r(3), with a buffer that suffices.
/// Returns whether there is an entry.
template <class Entry, class LookUp>
bool find(Entry& entry, std::vector<char>& buffer, const LookUp& look_up) {
    Entry* found = nullptr;
    int error = ERANGE;
    for (std::size_t size = entry_size_first; error == ERANGE || error == EINTR; size *= 2) {
        buffer.resize(size);
        error = look_up(&entry, buffer.data(), size, &found);
    }
    return error == 0 && found != nullptr;
}

/// The user and the groups that are wanted.
struct identity {
    uid_t user;
    gid_t group;
    std::vector<gid_t> supplementary;
};

gid_t group_named(const std::string& name) {
    group entry{};
    std::vector<char> buffer;
    if (find(entry, buffer, [&](group* to, char* text, std::size_t size, group** found) {
            return ::getgrnam_r(name.c_str(), to, text, size, found);
        }))
        return entry.gr_gid;
    if (const std::optional<gid_t> number = id_in(name))
        return *number;
    refuse("there is no group \"" + name + "\"");
}

std::vector<gid_t> groups_of(const char* user, gid_t group) {
    int count = 16;
    std::vector<gid_t> groups;
    do
        groups.resize(static_cast<std::size_t>(count));
    while (::getgrouplist(user, group, groups.data(), &count) < 0);
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

identity wanted_by(const privileges& kept) {
    passwd entry{};
    std::vector<char> buffer;
    const std::optional<uid_t> number = id_in(kept.user);
    const bool listed =
        find(entry, buffer, [&](passwd* to, char* text, std::size_t size, passwd** found) {
            const int error = ::getpwnam_r(kept.user.c_str(), to, text, size, found);
            return number && *found == nullptr && error != ERANGE
                       ? ::getpwuid_r(*number, to, text, size, found)
                       : error;
        });
    if (!listed && !number)
        refuse("there is no user \"" + kept.user + "\"");
    if (!listed && kept.group.empty())
        refuse("user " + kept.user + " is in no list, so that a group must be named");
    identity wanted{listed ? entry.pw_uid : *number, 0, {}};
    wanted.group = kept.group.empty() ? entry.pw_gid : group_named(kept.group);
    if (wanted.user == 0)
        refuse("user \"" + kept.user + "\" is root, which gives up nothing");
    wanted.supplementary =
        listed ? groups_of(entry.pw_name, wanted.group) : std::vector<gid_t>{wanted.group};
    return wanted;
}

/// Whether all three ids of user and group are those that are wanted.
bool is_now(const identity& wanted) noexcept {
    uid_t real_user = 0;
    uid_t user = 0;
    uid_t saved_user = 0;
    gid_t real_group = 0;
    gid_t group = 0;
    gid_t saved_group = 0;
    ::getresuid(&real_user, &user, &saved_user);
    ::getresgid(&real_group, &group, &saved_group);
    return real_user == wanted.user && user == wanted.user && saved_user == wanted.user &&
           real_group == wanted.group && group == wanted.group && saved_group == wanted.group;
}

void become(const identity& wanted) {
    require(::setgroups(wanted.supplementary.size(), wanted.supplementary.data()), "setgroups");
    require(::setresgid(wanted.group, wanted.group, wanted.group), "setresgid");
    require(::setresuid(wanted.user, wanted.user, wanted.user), "setresuid");
    if (!is_now(wanted))
        throw std::system_error(EPERM, std::system_category(),
                                "drop_privileges: the process is another user than was asked for");
}

void require_no_way_back() {
    if (::setuid(0) == 0 || ::seteuid(0) == 0)
        throw std::system_error(EPERM, std::system_category(),
                                "drop_privileges: the process can become root again");
}

}  // namespace

void drop_privileges(const privileges& kept) {
    if (loop::current() != nullptr)
        throw std::logic_error(
            "drop_privileges: called inside a loop; drop them before it is made");
    const identity wanted = wanted_by(kept);
    if (!is_now(wanted))
        become(wanted);
    require_no_way_back();
    if (kept.no_new_privs)
        require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
}

}  // namespace ringlet::daemon
