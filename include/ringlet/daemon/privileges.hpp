#pragma once

#include <string>

namespace ringlet::daemon {

/// What a program keeps when it gives up the privileges of root. A user and a group are a name or a
/// number.
struct privileges {
    /// The user that the program becomes, and not root. With the user come the groups that the
    /// system lists for it: getgrouplist(3).
    std::string user;

    /// The group that the program becomes; empty for that of the user, which a number alone has
    /// only where the system lists it.
    std::string group = {};

    /// Whether the program, and what it executes, can never gain privileges again, by set-user-ID
    /// files or file capabilities (PR_SET_NO_NEW_PRIVS, prctl(2)).
    bool no_new_privs = true;
};

/// Gives up the privileges of root: the supplementary groups, the group, the user, and the way back
/// to any. A program calls it once its servers are bound, and before it serves:
///
///     ringlet::tcp_server web({"0.0.0.0", 80}, echo);
///     ringlet::daemon::drop_privileges({.user = "www-data"});
///     web.serve_forever();
///
/// Where the process is that user and group already, as under systemd's `User=`, only
/// `no_new_privs` is left to do. Loops are made afterwards, since a ring keeps the privileges of
/// its making; and `no_new_privs` concerns this thread and the threads that it starts later. So
/// nothing but this thread runs yet.
///
/// Throws std::invalid_argument where there is no such user or group or the user is root,
/// std::logic_error inside a loop, and std::system_error where the system refuses. The process may
/// then have lost some privileges already, and should end.
void drop_privileges(const privileges& kept);

}  // namespace ringlet::daemon
