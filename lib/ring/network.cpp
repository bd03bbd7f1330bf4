#include "base/detail/owned_descriptors.hpp"
#include "base/detail/stand_in.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <ringlet/ring/network.hpp>

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace ringlet {

namespace {

int result_of(int returned) noexcept {
    return returned < 0 ? -errno : returned;
}

class system_network final : public network {
public:
    int open(int domain, int type, int protocol) noexcept override {
        return result_of(detail::above_standard(::socket(domain, type | SOCK_CLOEXEC, protocol)));
    }
    int bind(int fd, const sockaddr* address, socklen_t size) noexcept override {
        return result_of(::bind(fd, address, size));
    }
    int listen(int fd, int backlog) noexcept override { return result_of(::listen(fd, backlog)); }
    int local_address(int fd, sockaddr* address, socklen_t* size) noexcept override {
        return result_of(::getsockname(fd, address, size));
    }
    int peer_address(int fd, sockaddr* address, socklen_t* size) noexcept override {
        return result_of(::getpeername(fd, address, size));
    }
    int set_option(int fd, int level, int name, const void* value,
                   socklen_t size) noexcept override {
        return result_of(::setsockopt(fd, level, name, value, size));
    }
    int get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept override {
        return result_of(::getsockopt(fd, level, name, value, size));
    }
    int ready_events(int fd, int wanted) noexcept override {
        pollfd asked{fd, static_cast<short>(wanted), 0};
        const int ready = ::poll(&asked, 1, 0);
        return ready < 0 ? result_of(ready) : asked.revents;
    }
    int shutdown(int fd, int how) noexcept override { return result_of(::shutdown(fd, how)); }
    int close(int fd) noexcept override { return result_of(::close(fd)); }
    bool in_system() const noexcept override { return true; }
    int own(int fd) noexcept override {
        const int owned = result_of(detail::above_standard(fd));
        if (owned != fd)
            detail::owned_descriptors::remove(fd);
        if (owned >= 0)
            detail::owned_descriptors::add(owned);
        return owned;
    }
    void disown(int fd) noexcept override { detail::owned_descriptors::remove(fd); }
};

}  // namespace

network& network::system() noexcept {
    static system_network instance;
    return instance;
}

network& network::current() noexcept {
    detail::stand_in* const simulation = detail::stand_in::current();
    return simulation == nullptr ? system() : simulation->net();
}

}  // namespace ringlet
