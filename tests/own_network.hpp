#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

/// A network for this thread and the children that it starts, with nothing in it but the loopback.
/// It is for programs whose fixed port may be taken outside. network_namespaces(7).
///
/// Making the network takes privileges. Without them the thread stays in its present network.
class own_network {
public:
    own_network() : outside_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (outside_ < 0 || ::unshare(CLONE_NEWNET) < 0)
            return;
        if (raise_loopback())
            separate_ = true;
        else
            ::setns(outside_, CLONE_NEWNET);
    }
    own_network(const own_network&) = delete;
    own_network& operator=(const own_network&) = delete;
    ~own_network() {
        if (separate_)
            ::setns(outside_, CLONE_NEWNET);
        if (outside_ >= 0)
            ::close(outside_);
    }

    /// Whether the network could be made.
    [[nodiscard]] bool separate() const noexcept { return separate_; }

private:
    static bool raise_loopback() {
        const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ifreq loopback{};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP;
        const bool up = ::ioctl(fd, SIOCSIFFLAGS, &loopback) == 0;
        ::close(fd);
        return up;
    }

    int outside_;
    bool separate_ = false;
};
