#pragma once

#include <linux/filter.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

/// Has a socket drop all that comes for it. Returns whether the system lets this user do that.
inline bool drop_all_for(int fd) {
    std::array<sock_filter, 1> program{{{BPF_RET | BPF_K, 0, 0, 0}}};
    const sock_fprog drop_all{static_cast<unsigned short>(program.size()), program.data()};
    return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &drop_all, sizeof(drop_all)) == 0;
}

/// Whether this user may filter what comes for a socket. Some systems refuse it to all but root.
inline bool may_filter_sockets() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const bool may = drop_all_for(fd);
    ::close(fd);
    return may;
}

/// Why a test is skipped that needs it.
inline constexpr const char* no_filters = "this user may not filter what comes for a socket";
