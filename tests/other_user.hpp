#pragma once

#include <unistd.h>

/// A user that owns nothing, for what permissions forbid; root alone can become it.
inline constexpr unsigned nobody_id = 65534;

/// Makes this process, a child, that user's. Whether it could.
inline bool become_nobody() {
    return ::setgid(nobody_id) == 0 && ::setuid(nobody_id) == 0;
}
