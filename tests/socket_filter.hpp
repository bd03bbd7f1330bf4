#pragma once

#include "catch.hpp"

#include <sys/socket.h>

/// Has the system refuse a filter for a socket, as some systems refuse it to all users but root.
/// socket(7), SO_LOCK_FILTER.
inline void forbid_filter(int fd) {
    const int on = 1;
    REQUIRE(::setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)) == 0);
}
