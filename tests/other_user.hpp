#pragma once

#include <unistd.h>

/// A user that owns nothing, for tests of permissions. Only root can become this user.
inline constexpr unsigned nobody_id = 65534;

/// Makes this process, which should be a child, run as nobody_id. Returns whether it could.
inline bool become_nobody() {
    return ::setgid(nobody_id) == 0 && ::setuid(nobody_id) == 0;
}
