#include "catch.hpp"
#include "forked_child.hpp"
#include "other_user.hpp"
#include "under_sanitizer.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/daemon/privileges.hpp>
#include <ringlet/loop/loop.hpp>

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::daemon_privileges {

namespace daemon = ringlet::daemon;

namespace {

void require(bool holds, const char* what) {
    if (!holds)
        throw std::runtime_error(what);
}

void require_root() {
    if (::geteuid() != 0)
        SKIP("only root has privileges to drop");
    const passwd* const nobody = ::getpwnam("nobody");
    if (nobody == nullptr || nobody->pw_uid != nobody_id || nobody->pw_gid != nobody_id)
        SKIP("this system's nobody is another user");
}

std::vector<gid_t> groups_now() {
    std::vector<gid_t> groups(static_cast<std::size_t>(::getgroups(0, nullptr)));
    ::getgroups(static_cast<int>(groups.size()), groups.data());
    return groups;
}

void require_nobody() {
    uid_t user[3];
    gid_t group[3];
    ::getresuid(&user[0], &user[1], &user[2]);
    ::getresgid(&group[0], &group[1], &group[2]);
    for (int i = 0; i < 3; ++i)
        require(user[i] == nobody_id && group[i] == nobody_id, "each id is another");
    require(::setuid(0) < 0 && ::setgid(0) < 0 && ::setgroups(0, nullptr) < 0, "no way back");
}

}  // namespace

TEST_CASE("root gives up its user and its groups for good", "[daemon]") {
    require_root();
    const bool by_number = GENERATE(false, true);
    const child_end end = run_in_child([&] {
        const gid_t groups_before[] = {0, 4};
        require(::setgroups(2, groups_before) == 0, "root has groups");
        const std::string id = std::to_string(nobody_id);
        daemon::drop_privileges(by_number ? daemon::privileges{.user = id, .group = id}
                                          : daemon::privileges{.user = "nobody"});
        require_nobody();
        require(groups_now() == std::vector<gid_t>{nobody_id}, "no other group is left");
        require(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "no new privileges");
        ringlet::loop made_afterwards;
        ringlet::block_on(made_afterwards, []() -> ringlet::task<> { co_return; });
        daemon::drop_privileges({.user = "nobody"});  // again, as after a restart
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("the groups that the system lists for a user come with it", "[daemon]") {
    require_root();
    const child_end end = run_in_child([&] {
        daemon::drop_privileges({.user = "nobody", .group = "2", .no_new_privs = false});
        require(::getgid() == 2, "the group is the one that was named");
        const std::vector<gid_t> groups = groups_now();
        require(std::ranges::find(groups, 0U) == groups.end(), "not that of root");
        require(::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "as asked for");
        return 0;
    });
    CAPTURE(end.text);
    CHECK(end.exited_with(0));
}

TEST_CASE("users and groups that are none are refused with a sentence", "[daemon]") {
    const auto [user, group, sentence] = GENERATE(table<const char*, const char*, const char*>({
        {"no-such-user", "", "drop_privileges: there is no user \"no-such-user\""},
        {"", "", "drop_privileges: there is no user \"\""},
        {"-1", "", "drop_privileges: there is no user \"-1\""},
        {"4294967295", "", "drop_privileges: there is no user \"4294967295\""},
        {"987654", "", "drop_privileges: user 987654 is in no list, so that a group must be named"},
        {"nobody", "no-such-group", "drop_privileges: there is no group \"no-such-group\""},
        {"root", "", "drop_privileges: user \"root\" is root, which gives up nothing"},
        {"0", "0", "drop_privileges: user \"0\" is root, which gives up nothing"},
    }));
    const daemon::privileges kept{.user = user, .group = group};
    CHECK_THROWS_WITH(daemon::drop_privileges(kept), sentence);
    CHECK_THROWS_AS(daemon::drop_privileges(kept), std::invalid_argument);
}

TEST_CASE("whoever is not root cannot become another user", "[daemon]") {
    require_root();
    const child_end end = run_in_child([&] {
        require(become_nobody(), "become nobody");
        daemon::drop_privileges({.user = "2", .group = "2"});
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("drop_privileges: setgroups: Operation not permitted"));
}

TEST_CASE("a way back to root is found", "[daemon]") {
    if (under_thread_sanitizer)
        SKIP("the thread sanitizer has a thread of its own, which has other securebits");
    require_root();
    const child_end end = run_in_child([&] {
        require(::prctl(PR_SET_SECUREBITS, 4) == 0, "SECBIT_NO_SETUID_FIXUP");
        daemon::drop_privileges({.user = "nobody"});
        return 0;
    });
    CHECK(end.exited_with(child_end::threw));
    CHECK(end.says("drop_privileges: the process can become root again"));
}

TEST_CASE("privileges are not dropped inside a loop", "[daemon]") {
    const auto drop = []() -> ringlet::task<> {
        daemon::drop_privileges({.user = "nobody"});
        co_return;
    };
    CHECK_THROWS_AS(ringlet::block_on(drop), std::logic_error);
}

}  // namespace tests::daemon_privileges
