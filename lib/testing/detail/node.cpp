#include "node.hpp"
#include "datagram_endpoint.hpp"
#include "stream_endpoint.hpp"
#include "world.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ringlet::testing::detail {

namespace {

constexpr std::uint32_t first_v4 = 10U << 24U;
constexpr std::uint16_t ephemeral_first = 32'768;  // net.ipv4.ip_local_port_range
constexpr std::uint16_t ephemeral_last = 60'999;

/// The socket, used: it is closed when the last one of these has gone.
std::shared_ptr<endpoint> use_of(const std::shared_ptr<endpoint>& opened) {
    return {opened.get(), [opened](endpoint* closed) { closed->close(); }};
}

/// Adds an IP address to `found`, if it is of a family that is wanted.
void add_name(int wanted, int family, const socket_name& name,
              std::vector<sockaddr_storage>& found) {
    if (wanted != AF_UNSPEC && wanted != family)
        return;
    sockaddr_storage native{};
    socklen_t size = sizeof(native);
    name.store(family, reinterpret_cast<sockaddr*>(&native), &size);
    found.push_back(native);
}

/// Whether a socket that has the name `own` is found under the IP address of `name`.
bool covers(const endpoint& bound, const socket_name& own, const socket_name& name) noexcept {
    if (own.ip == name.ip)
        return true;
    return own.is_wildcard() &&
           (own.is_v4() == name.is_v4() || (own.family == AF_INET6 && !bound.is_for_ipv6_only()));
}

}  // namespace

node::node(world& owner, unsigned index, std::string name)
    : world_(owner), index_(index), name_(std::move(name)), next_port_(ephemeral_first) {}

node::~node() = default;

socket_name node::v4(std::uint16_t port) const {
    return socket_name::v4(first_v4 + index_ + 1, port);
}

socket_name node::v6(std::uint16_t port) const {
    socket_name name;
    name.ip[0] = 0xfd;
    name.ip[14] = static_cast<std::uint8_t>((index_ + 1) >> 8U);
    name.ip[15] = static_cast<std::uint8_t>(index_ + 1);
    name.port = port;
    name.family = AF_INET6;
    return name;
}

bool node::has_address(const socket_name& searched) const {
    return searched.is_loopback() || searched.ip == v4().ip || searched.ip == v6().ip;
}

void node::add_addresses(int family, std::vector<sockaddr_storage>& found) const {
    if (uses_ipv6())
        add_name(family, AF_INET6, v6(), found);
    add_name(family, AF_INET, v4(), found);
}

/// Whether the host has a socket for IPv6, other than one for itself.
bool node::uses_ipv6() const noexcept {
    const auto is_for_ipv6 = [](const auto& entry) {
        const endpoint& bound = *entry.second;
        return bound.domain() == AF_INET6 && !bound.local().is_loopback();
    };
    return std::ranges::any_of(streams_, is_for_ipv6) ||
           std::ranges::any_of(datagrams_, is_for_ipv6);
}

void node::add_loopback(int family, std::vector<sockaddr_storage>& found) {
    socket_name v6;
    v6.ip = socket_name::loopback_ip(false);
    add_name(family, AF_INET6, v6, found);
    add_name(family, AF_INET, socket_name::v4(INADDR_LOOPBACK, 0), found);
}

void node::power_off() noexcept {
    running_ = false;
    for (const std::shared_ptr<endpoint>& each : descriptors_)
        if (each != nullptr)
            each->vanish();
}

// Descriptors.

std::shared_ptr<endpoint> node::find(int fd) const noexcept {
    const int first = first_descriptor + static_cast<int>(index_) * descriptors_max;
    const auto place = static_cast<std::size_t>(fd - first);
    return fd >= first && place < descriptors_.size() ? descriptors_[place] : nullptr;
}

int node::allocate(const std::shared_ptr<endpoint>& opened) {
    if (!has_descriptor_left())
        return -EMFILE;
    while (lowest_free_ < descriptors_.size() && descriptors_[lowest_free_] != nullptr)
        ++lowest_free_;
    if (lowest_free_ == descriptors_.size())
        descriptors_.emplace_back();
    descriptors_[lowest_free_] = use_of(opened);
    ++open_;
    return first_descriptor + static_cast<int>(index_) * descriptors_max +
           static_cast<int>(lowest_free_++);
}

void node::close_all() noexcept {
    for (std::shared_ptr<endpoint>& each : descriptors_)
        if (const auto closed = std::exchange(each, nullptr))
            --open_;
    lowest_free_ = 0;
}

int node::close(int fd) noexcept {
    if (!is_simulated(fd))
        return ::close(fd) < 0 ? -errno : 0;
    if (find(fd) == nullptr) {
        world_.fail("host " + name_ + ": descriptor " + std::to_string(fd) +
                    " was closed, which is not open: was it closed twice?");
        return -EBADF;
    }
    const auto place =
        static_cast<std::size_t>(fd - first_descriptor) - std::size_t{index_} * descriptors_max;
    --open_;
    lowest_free_ = std::min(lowest_free_, place);
    const std::shared_ptr<endpoint> closed = std::exchange(descriptors_[place], nullptr);
    return 0;
}

// Names.

std::uint16_t node::free_port(int type) noexcept {
    const names& used = type == SOCK_STREAM ? streams_ : datagrams_;
    while (used.contains(next_port_))
        next_port_ = next_port_ == ephemeral_last ? ephemeral_first
                                                  : static_cast<std::uint16_t>(next_port_ + 1);
    const std::uint16_t free = next_port_;
    next_port_ = free == ephemeral_last ? ephemeral_first : static_cast<std::uint16_t>(free + 1);
    return free;
}

int node::bind(endpoint& bound, socket_name& wanted, bool reuse_address, bool reuse_port) {
    if (wanted.family == AF_UNIX) {
        if (wanted.path.empty())
            wanted.path = std::string(1, '\0') + std::to_string(next_port_++);
        return paths_.try_emplace(wanted.path, &bound).second ? 0 : -EADDRINUSE;
    }
    if (!wanted.is_wildcard() && !has_address(wanted))
        return -EADDRNOTAVAIL;
    if (wanted.port == 0)
        wanted.port = free_port(bound.type());
    else if (const int taken = conflict(bound, wanted, reuse_address, reuse_port); taken != 0)
        return taken;
    (bound.type() == SOCK_STREAM ? streams_ : datagrams_).emplace(wanted.port, &bound);
    return 0;
}

// What a listener has made is not bound here, and nothing else than listeners keeps a port that may
// be used again.
int node::conflict(const endpoint& bound, const socket_name& wanted, bool reuse_address,
                   bool reuse_port) const {
    const names& all = bound.type() == SOCK_STREAM ? streams_ : datagrams_;
    const auto [first, last] = all.equal_range(wanted.port);
    const bool taken = std::any_of(first, last, [&](const auto& entry) {
        endpoint& other = *entry.second;
        const socket_name& name = other.local();
        const bool meets = covers(other, name, wanted) || covers(bound, wanted, name);
        const auto has = [&](int option) {
            int value = 0;
            socklen_t size = sizeof(value);
            return other.get_option(SOL_SOCKET, option, &value, &size) == 0 && value != 0;
        };
        if (!meets || (reuse_port && has(SO_REUSEPORT)))
            return false;
        return !(reuse_address && has(SO_REUSEADDR) && !has(SO_ACCEPTCONN));
    });
    return taken ? -EADDRINUSE : 0;
}

void node::unbind(const endpoint& bound) noexcept {
    for (names* const all : {&streams_, &datagrams_})
        std::erase_if(*all, [&](const auto& entry) { return entry.second == &bound; });
    std::erase_if(paths_, [&](const auto& entry) { return entry.second == &bound; });
}

std::vector<endpoint*> node::bound_to(int type, const socket_name& name) const {
    std::vector<endpoint*> found;
    if (!name.path.empty()) {
        const auto place = paths_.find(name.path);
        if (place != paths_.end() && place->second->type() == type)
            found.push_back(place->second);
        return found;
    }
    const auto [first, last] = (type == SOCK_STREAM ? streams_ : datagrams_).equal_range(name.port);
    for (auto entry = first; entry != last; ++entry)
        if (covers(*entry->second, entry->second->local(), name))
            found.push_back(entry->second);
    const bool exact = std::ranges::any_of(
        found, [&](const endpoint* each) { return each->local().ip == name.ip; });
    if (exact)
        std::erase_if(found, [&](const endpoint* each) { return each->local().ip != name.ip; });
    return found;
}

endpoint* node::choose(std::vector<endpoint*>& candidates) {
    return candidates.empty() ? nullptr : candidates[world_.faults().choose(candidates.size())];
}

std::string node::describe() const {
    std::string text;
    for (const std::shared_ptr<endpoint>& each : descriptors_)
        if (each != nullptr)
            text += name_ + ":" + each->describe() + "\n";
    return text;
}

// The network.

/// What `made(socket)` returns for the socket of a descriptor, or -EBADF.
template <class Call>
int node::call(int fd, const Call& made) const {
    const std::shared_ptr<endpoint> named = find(fd);
    return named == nullptr ? -EBADF : made(*named);
}

int node::open(int domain, int type, int /*protocol*/) noexcept {
    std::shared_ptr<endpoint> opened;
    const int kind = type & ~(SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_UNIX)
        return -EAFNOSUPPORT;
    if (kind == SOCK_STREAM)
        opened = std::make_shared<stream_endpoint>(*this, domain);
    else if (kind == SOCK_DGRAM)
        opened = std::make_shared<datagram_endpoint>(*this, domain);
    else
        return -ESOCKTNOSUPPORT;
    const int fd = allocate(opened);
    world_.note(*this, happening::opened, static_cast<std::uint64_t>(fd < 0 ? 0 : fd),
                static_cast<std::uint64_t>(kind));
    return fd;
}

int node::bind(int fd, const sockaddr* address, socklen_t size) noexcept {
    return call(fd, [&](endpoint& named) { return named.bind(address, size); });
}

int node::listen(int fd, int backlog) noexcept {
    return call(fd, [&](endpoint& named) { return named.listen(backlog); });
}

int node::local_address(int fd, sockaddr* address, socklen_t* size) noexcept {
    return call(fd, [&](endpoint& named) { return named.local_address(address, size); });
}

int node::peer_address(int fd, sockaddr* address, socklen_t* size) noexcept {
    return call(fd, [&](endpoint& named) { return named.peer_address(address, size); });
}

int node::set_option(int fd, int level, int name, const void* value, socklen_t size) noexcept {
    return call(fd, [&](endpoint& named) { return named.set_option(level, name, value, size); });
}

int node::get_option(int fd, int level, int name, void* value, socklen_t* size) noexcept {
    return call(fd, [&](endpoint& named) { return named.get_option(level, name, value, size); });
}

int node::shutdown(int fd, int how) noexcept {
    return call(fd, [&](endpoint& named) { return named.shutdown(how); });
}

int node::ready_events(int fd, int wanted) noexcept {
    const auto named = find(fd);
    return named == nullptr ? POLLNVAL : named->events() & (wanted | POLLERR | POLLHUP);
}

}  // namespace ringlet::testing::detail
