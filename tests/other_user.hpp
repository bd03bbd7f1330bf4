#pragma once

#include <grp.h>
#include <sys/resource.h>
#include <unistd.h>

/// A user that owns nothing, for tests of permissions. Only root can become this user.
inline constexpr unsigned nobody_id = 65534;

/// Makes this process, which should be a child of root, run as a user that no other process has and
/// that may lock so many bytes of memory. Returns whether it could.
inline bool become_user_who_may_lock(rlim_t bytes) {
    const rlimit limit{bytes, bytes};
    const auto unused = 100'000 + static_cast<uid_t>(::getpid());
    return ::setrlimit(RLIMIT_MEMLOCK, &limit) == 0 && ::setgroups(0, nullptr) == 0 &&
           ::setuid(unused) == 0;
}

/// Makes this process, which should be a child of root, run as nobody_id, in no other group.
/// Returns whether it could.
inline bool become_nobody() {
    return ::setgroups(0, nullptr) == 0 && ::setgid(nobody_id) == 0 && ::setuid(nobody_id) == 0;
}
