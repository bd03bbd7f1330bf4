#pragma once

#include "socket_name.hpp"

#include <ringlet/ring/network.hpp>

#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ringlet::testing::detail {

class endpoint;
class world;

/// A host: its addresses, its descriptors, and the names that its sockets have. It is the network
/// of all loops that run on it.
class node final : public network {
public:
    /// The first number of a simulated descriptor: the system gives none so high (fs.nr_open).
    static constexpr int first_descriptor = 1 << 24;
    static constexpr int descriptors_max = 1 << 16;  // of a host

    node(world& owner, unsigned index, std::string name);
    ~node() override;

    [[nodiscard]] world& owner() const noexcept { return world_; }
    [[nodiscard]] unsigned index() const noexcept { return index_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The host's IPv4 address, 10.0.0.1 being the first one's.
    [[nodiscard]] socket_name v4(std::uint16_t port = 0) const;

    /// The host's IPv6 address, fd00::1 being the first one's.
    [[nodiscard]] socket_name v6(std::uint16_t port = 0) const;

    /// Whether an IP address is this host's, seen from itself or from others.
    [[nodiscard]] bool has_address(const socket_name& searched) const;

    /// Adds the addresses of a family to `found` that the host's name stands for: as those who run
    /// a host publish one for IPv6 where something answers there, so does the simulation.
    void add_addresses(int family, std::vector<sockaddr_storage>& found) const;

    /// Adds those by which a host reaches itself.
    static void add_loopback(int family, std::vector<sockaddr_storage>& found);

    /// Whether the host runs; one that does not has no sockets, and answers nobody.
    [[nodiscard]] bool running() const noexcept { return running_; }
    void power_off() noexcept;
    void power_on() noexcept { running_ = true; }

    // Descriptors.

    [[nodiscard]] static bool is_simulated(int fd) noexcept { return fd >= first_descriptor; }

    /// The host whose simulated descriptor `fd` is, by its index.
    [[nodiscard]] static unsigned owner_of(int fd) noexcept {
        return static_cast<unsigned>((fd - first_descriptor) / descriptors_max);
    }

    /// The socket of a descriptor, or nullptr; who keeps it, uses it.
    [[nodiscard]] std::shared_ptr<endpoint> find(int fd) const noexcept;

    /// Gives a socket a descriptor: the lowest free one, or -EMFILE.
    int allocate(const std::shared_ptr<endpoint>& opened);

    /// How many descriptors may be open.
    void set_descriptor_limit(int limit) noexcept { limit_ = limit; }
    [[nodiscard]] int open_descriptors() const noexcept { return open_; }
    [[nodiscard]] bool has_descriptor_left() const noexcept { return open_ < limit_; }

    void close_all() noexcept;

    // Names.

    /// Gives a socket its name, with a port if it names none. 0 or -errno.
    int bind(endpoint& bound, socket_name& wanted, bool reuse_address, bool reuse_port);
    void unbind(const endpoint& bound) noexcept;

    /// The socket of a type that is bound to a name, and `accepts(socket)`; nullptr if none is. One
    /// of several is drawn.
    template <class Accepts>
    [[nodiscard]] endpoint* find_bound(int type, const socket_name& name, const Accepts& accepts);

    /// Every open socket, a line for each.
    [[nodiscard]] std::string describe() const;

    // The network.

    int open(int domain, int type, int protocol) noexcept override;
    int bind(int fd, const sockaddr* address, socklen_t size) noexcept override;
    int listen(int fd, int backlog) noexcept override;
    int local_address(int fd, sockaddr* address, socklen_t* size) noexcept override;
    int peer_address(int fd, sockaddr* address, socklen_t* size) noexcept override;
    int set_option(int fd, int level, int name, const void* value,
                   socklen_t size) noexcept override;
    int get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept override;
    int shutdown(int fd, int how) noexcept override;
    int close(int fd) noexcept override;
    int ready_events(int fd, int wanted) noexcept override;

private:
    using names = std::multimap<std::uint16_t, endpoint*>;

    template <class Call>
    int call(int fd, const Call& made) const;

    [[nodiscard]] std::vector<endpoint*> bound_to(int type, const socket_name& name) const;
    [[nodiscard]] int conflict(const endpoint& bound, const socket_name& wanted, bool reuse_address,
                               bool reuse_port) const;
    [[nodiscard]] bool uses_ipv6() const noexcept;
    [[nodiscard]] std::uint16_t free_port(int type) noexcept;
    [[nodiscard]] endpoint* choose(std::vector<endpoint*>& candidates);

    world& world_;
    const unsigned index_;
    const std::string name_;
    bool running_ = true;
    std::vector<std::shared_ptr<endpoint>> descriptors_;
    std::size_t lowest_free_ = 0;  // none below it is free
    int open_ = 0;
    int limit_ = descriptors_max;
    names streams_;
    names datagrams_;
    std::map<std::string, endpoint*> paths_;
    std::uint16_t next_port_;
};

template <class Accepts>
endpoint* node::find_bound(int type, const socket_name& name, const Accepts& accepts) {
    std::vector<endpoint*> candidates = bound_to(type, name);
    std::erase_if(candidates, [&](endpoint* each) { return !accepts(*each); });
    return choose(candidates);
}

}  // namespace ringlet::testing::detail
