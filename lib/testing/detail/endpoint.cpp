#include "endpoint.hpp"
#include "node.hpp"
#include "simulated_ring.hpp"
#include "world.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace ringlet::testing::detail {

namespace {

struct known_option {
    int level;
    int name;
};

// What is stored and given back; only some of it has an effect here.
constexpr std::array known_options{
    known_option{SOL_SOCKET, SO_REUSEADDR},       known_option{SOL_SOCKET, SO_REUSEPORT},
    known_option{SOL_SOCKET, SO_KEEPALIVE},       known_option{SOL_SOCKET, SO_LINGER},
    known_option{SOL_SOCKET, SO_RCVBUF},          known_option{SOL_SOCKET, SO_SNDBUF},
    known_option{SOL_SOCKET, SO_BROADCAST},       known_option{SOL_SOCKET, SO_ATTACH_FILTER},
    known_option{IPPROTO_TCP, TCP_NODELAY},       known_option{IPPROTO_TCP, TCP_KEEPIDLE},
    known_option{IPPROTO_TCP, TCP_KEEPINTVL},     known_option{IPPROTO_TCP, TCP_KEEPCNT},
    known_option{IPPROTO_TCP, TCP_USER_TIMEOUT},  known_option{IPPROTO_TCP, TCP_FASTOPEN},
    known_option{IPPROTO_IPV6, IPV6_V6ONLY},      known_option{IPPROTO_IPV6, IPV6_RECVPKTINFO},
    known_option{IPPROTO_IPV6, IPV6_MINHOPCOUNT}, known_option{IPPROTO_IP, IP_PKTINFO},
    known_option{IPPROTO_IP, IP_MINTTL},          known_option{IPPROTO_UDP, UDP_GRO},
};

bool is_known(int level, int name) noexcept {
    return std::ranges::any_of(known_options, [&](const known_option& each) {
        return each.level == level && each.name == name;
    });
}

bool is_buffer_size(int level, int name) noexcept {
    return level == SOL_SOCKET && (name == SO_RCVBUF || name == SO_SNDBUF);
}

/// The size that a buffer gets for which `asked` is set: socket(7).
int size_given(int name, int asked) noexcept {
    constexpr unsigned asked_max = 212'992;  // net.core.rmem_max, net.core.wmem_max
    const unsigned doubled = 2 * std::min(static_cast<unsigned>(asked), asked_max);
    return std::max(static_cast<int>(doubled), name == SO_RCVBUF ? 2304 : 4608);
}

/// The size of a buffer for which none is set: tcp(7), and net.core.rmem_default.
int size_before(int domain, int type, int name) noexcept {
    if (domain == AF_UNIX || type != SOCK_STREAM)
        return 212'992;
    return name == SO_RCVBUF ? 131'072 : 16'384;
}

bool receives(const operation& asked) noexcept {
    switch (asked.sqe.opcode) {
    case IORING_OP_RECV:
    case IORING_OP_RECVMSG:
    case IORING_OP_ACCEPT:
        return true;
    default:
        return false;
    }
}

}  // namespace

endpoint::endpoint(node& home, int domain, int type) noexcept
    : home_(home), domain_(domain), type_(type) {}

endpoint::~endpoint() {
    home_.unbind(*this);
}

world& endpoint::owner() const noexcept {
    return home_.owner();
}

bool endpoint::is_for_ipv6_only() const noexcept {
    return option(IPPROTO_IPV6, IPV6_V6ONLY) != 0;
}

int endpoint::bind(const sockaddr* wanted, socklen_t size) {
    std::optional<socket_name> name = socket_name::from(wanted, size);
    if (!name || (name->family != domain_))
        return is_unix() || (name && domain_ == AF_INET6) ? -EINVAL : -EAFNOSUPPORT;
    if (local_.family != AF_UNSPEC)
        return -EINVAL;
    const int result = home_.bind(*this, *name, option(SOL_SOCKET, SO_REUSEADDR) != 0,
                                  option(SOL_SOCKET, SO_REUSEPORT) != 0);
    if (result == 0)
        local_ = *name;
    return result;
}

/// Gives a socket that is to talk to `peer` a name, if it has none. 0 or -errno.
int endpoint::bind_if_not(const socket_name& peer) {
    if (is_unix())
        return 0;
    const auto own = [&](std::uint16_t port) {
        socket_name name = peer.is_v4() ? home_.v4(port) : home_.v6(port);
        if (peer.is_loopback())
            name.ip = peer.ip;
        return name;
    };
    if (local_.family == AF_UNSPEC) {
        socket_name name = own(0);
        if (const int result = home_.bind(*this, name, false, false); result < 0)
            return result;
        local_ = name;
    } else if (local_.is_wildcard() && type_ == SOCK_STREAM) {
        local_.ip = own(local_.port).ip;
    }
    return 0;
}

int endpoint::local_address(sockaddr* stored, socklen_t* size) const {
    local_.store(domain_, stored, size);
    return 0;
}

/// Ends the run for want of an option.
int endpoint::refuse_option(const char* call, int level, int name) {
    owner().fail("host " + home_.name() + ": " + call + " of level " + std::to_string(level) +
                 ", option " + std::to_string(name) + " is not simulated");
    return -ENOPROTOOPT;
}

int endpoint::set_option(int level, int name, const void* value, socklen_t size) {
    if (!is_known(level, name))
        return refuse_option("setsockopt", level, name);
    int given = 0;
    if (is_buffer_size(level, name)) {
        if (size < sizeof(given))
            return -EINVAL;
        std::memcpy(&given, value, sizeof(given));
        given = size_given(name, given);
        value = &given;
        size = sizeof(given);
    }
    const auto* const bytes = static_cast<const std::byte*>(value);
    options_[{level, name}].assign(bytes, bytes + size);
    option_changed(level, name);
    return 0;
}

int endpoint::option(int level, int name) const noexcept {
    const auto found = options_.find({level, name});
    int value = 0;
    if (found != options_.end() && found->second.size() >= sizeof(value))
        std::memcpy(&value, found->second.data(), sizeof(value));
    return value;
}

std::size_t endpoint::buffer_size(int name) const noexcept {
    const int given = option(SOL_SOCKET, name);
    return static_cast<std::size_t>(given > 0 ? given : size_before(domain_, type_, name));
}

int endpoint::get_option(int level, int name, void* value, socklen_t* size) {
    const auto give = [&](const auto& answer) {
        const std::size_t length = std::min<std::size_t>(*size, sizeof(answer));
        std::memcpy(value, &answer, length);
        *size = static_cast<socklen_t>(length);
        return 0;
    };
    if (level == SOL_SOCKET) {
        switch (name) {
        case SO_TYPE:
            return give(type_);
        case SO_DOMAIN:
            return give(domain_);
        case SO_PROTOCOL:
            return give(domain_ == AF_UNIX ? 0 : type_ == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
        case SO_ACCEPTCONN:
            return give(int{listens()});
        case SO_ERROR:
            return give(take_error());
        case SO_RCVBUF:
        case SO_SNDBUF:
            return give(static_cast<int>(buffer_size(name)));
        case SO_PEERCRED:
            return give(ucred{::getpid(), ::getuid(), ::getgid()});
        default:
            break;
        }
    }
    if (!is_known(level, name))
        return refuse_option("getsockopt", level, name);
    const auto found = options_.find({level, name});
    if (found == options_.end())
        return give(0);
    const std::size_t length = std::min<std::size_t>(*size, found->second.size());
    std::memcpy(value, found->second.data(), length);
    *size = static_cast<socklen_t>(length);
    return 0;
}

void endpoint::add(operation& waiting) {
    if (waiting.sqe.opcode == IORING_OP_POLL_ADD)
        polls_.push_back(waiting);
    else if (receives(waiting))
        receivers_.push_back(waiting);
    else
        senders_.push_back(waiting);
}

bool endpoint::has_queue(const operation& asking) const noexcept {
    if (asking.sqe.opcode == IORING_OP_POLL_ADD || asking.sqe.opcode == IORING_OP_SHUTDOWN)
        return false;
    return receives(asking) ? !receivers_.empty() : !senders_.empty();
}

void endpoint::changed() {
    const std::shared_ptr<endpoint> kept = shared_from_this();  // an operation may be the last use
    const bool sends_first =
        !receivers_.empty() && !senders_.empty() && owner().faults().choose(2) == 1;
    attempt_queue(sends_first ? senders_ : receivers_);
    attempt_queue(sends_first ? receivers_ : senders_);
    std::vector<operation*> polls;
    polls_.for_each([&](operation& each) { polls.push_back(&each); });
    for (operation* const each : polls)
        each->ring.attempt(*each);
}

void endpoint::attempt_queue(ringlet::detail::intrusive_list<operation>& queue) {
    while (!queue.empty()) {
        operation& first = queue.front();
        if (!first.ring.attempt(first))
            return;
    }
}

}  // namespace ringlet::testing::detail
