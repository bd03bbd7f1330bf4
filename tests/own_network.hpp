#pragma once

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

/// A network of this thread's own, and of the children that it starts, with nothing in it but the
/// loopback: for programs whose port is fixed, and may be taken outside. network_namespaces(7).
///
/// That takes privileges; without them all stays as it is.
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

    /// Whether it could be made.
    [[nodiscard]] bool separate() const noexcept { return separate_; }

private:
    static bool raise_loopback() {
        const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        ifreq loopback{};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP;
        const bool up = ::ioctl(any, SIOCSIFFLAGS, &loopback) == 0;
        ::close(any);
        return up;
    }

    int outside_;
    bool separate_ = false;
};
