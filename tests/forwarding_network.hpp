#pragma once

#include <ringlet/ring/network.hpp>

/// A network that forwards every call to the system's. A test derives from it to intervene in a
/// call.
class forwarding_network : public ringlet::network {
public:
    int open(int domain, int type, int protocol) noexcept override {
        return system().open(domain, type, protocol);
    }
    int bind(int fd, const sockaddr* address, socklen_t size) noexcept override {
        return system().bind(fd, address, size);
    }
    int listen(int fd, int backlog) noexcept override { return system().listen(fd, backlog); }
    int local_address(int fd, sockaddr* address, socklen_t* size) noexcept override {
        return system().local_address(fd, address, size);
    }
    int peer_address(int fd, sockaddr* address, socklen_t* size) noexcept override {
        return system().peer_address(fd, address, size);
    }
    int set_option(int fd, int level, int name, const void* value,
                   socklen_t size) noexcept override {
        return system().set_option(fd, level, name, value, size);
    }
    int get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept override {
        return system().get_option(fd, level, name, value, size);
    }
    int ready_events(int fd, int wanted) noexcept override {
        return system().ready_events(fd, wanted);
    }
    int shutdown(int fd, int how) noexcept override { return system().shutdown(fd, how); }
    int close(int fd) noexcept override { return system().close(fd); }
    bool in_system() const noexcept override { return true; }
};
