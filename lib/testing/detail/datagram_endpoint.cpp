#include "datagram_endpoint.hpp"
#include "capture.hpp"
#include "node.hpp"
#include "world.hpp"

#include <ringlet/net/detail/control_data.hpp>

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ringlet::testing::detail {

namespace {

using ringlet::detail::control_data;

constexpr std::size_t datagram_max = 65'507;        // RFC 768, over IPv4
constexpr std::size_t datagram_unix_max = 212'992;  // net.core.wmem_default
constexpr std::size_t datagram_overhead = 768;      // what one takes of the buffer beside its bytes
constexpr std::size_t unix_queue_max = 10;          // net.unix.max_dgram_qlen
constexpr int only_interface = 1;

socket_name name_of(const msghdr& message) {
    const std::optional<socket_name> named =
        socket_name::from(static_cast<const sockaddr*>(message.msg_name), message.msg_namelen);
    return named.value_or(socket_name{});
}

/// Adds control data to a message that has room for `room` bytes of it, or tells that it is
/// missing.
template <class Value>
void append_control(msghdr& message, std::size_t room, int level, int type, const Value& value) {
    if (message.msg_control == nullptr || room < CMSG_SPACE(sizeof(value)))
        message.msg_flags |= MSG_CTRUNC;
    else
        control_data::append(message, level, type, &value, sizeof(value));
}

}  // namespace

/// A datagram that is on its way.
class datagram_endpoint::in_flight final : public event_target {
public:
    in_flight(std::shared_ptr<datagram_endpoint> sender, node& target, datagram sent)
        : sender_(std::move(sender)), target_(target), sent_(std::move(sent)) {}

    void happen(unsigned /*what*/) override {
        world& owner = sender_->owner();
        if (!owner.passes(sender_->home(), target_)) {
            owner.note(target_, happening::lost, sent_.to.port, sent_.bytes.size());
            return;
        }
        if (datagram_endpoint* const receiver = find_receiver(target_, sent_.to, sent_.from))
            receiver->arrive(std::move(sent_));
        else
            owner.plan(owner.way(target_, sender_->home()).latency, sender_,
                       refusal_arrives);  // an ICMP answer
    }

private:
    std::shared_ptr<datagram_endpoint> sender_;
    node& target_;
    datagram sent_;
};

int datagram_endpoint::shutdown(int /*how*/) {
    return connected_ ? 0 : -ENOTCONN;
}

int datagram_endpoint::peer_address(sockaddr* stored, socklen_t* size) const {
    if (!connected_)
        return -ENOTCONN;
    peer_.store(domain(), stored, size);
    return 0;
}

int datagram_endpoint::take_error() noexcept {
    return std::exchange(error_, 0);
}

endpoint::outcome datagram_endpoint::connect(operation& tried) {
    const std::optional<socket_name> to =
        socket_name::from(tried.memory<const sockaddr>(), static_cast<socklen_t>(tried.sqe.off));
    if (!to || to->family != domain())
        return is_unix() ? -EINVAL : -EAFNOSUPPORT;
    datagram_endpoint* found = nullptr;
    if (const int result = is_unix() ? find_unix_receiver(*to, found) : 0; result < 0)
        return result;
    peer_ = *to;
    connected_ = true;
    return bind_if_not(peer_);
}

int datagram_endpoint::events() const noexcept {
    return POLLOUT | (queue_.empty() && error_ == 0 ? 0 : POLLIN) | (error_ == 0 ? 0 : POLLERR);
}

// Sending.

datagram_endpoint::request datagram_endpoint::read_control(msghdr& message) {
    request asked;
    std::uint16_t segment = 0;
    in_pktinfo v4{};
    in6_pktinfo v6{};
    if (control_data::find(message, IPPROTO_UDP, UDP_SEGMENT, segment))
        asked.segment = segment;
    if (control_data::find(message, IPPROTO_IP, IP_PKTINFO, v4)) {
        asked.from = socket_name::v4(ntohl(v4.ipi_spec_dst.s_addr), 0);
    } else if (control_data::find(message, IPPROTO_IPV6, IPV6_PKTINFO, v6)) {
        std::memcpy(asked.from.ip.data(), &v6.ipi6_addr, asked.from.ip.size());
        asked.from.family = AF_INET6;
    }
    return asked;
}

endpoint::outcome datagram_endpoint::send(operation& tried) {
    if (error_ != 0)
        return -take_error();
    socket_name to = tried.is_message() ? name_of(tried.message()) : socket_name{};
    if (to.family == AF_UNSPEC) {
        if (!connected_)
            return -EDESTADDRREQ;
        to = peer_;
    }
    return is_unix() ? send_unix(tried, to) : send_udp(tried, to);
}

endpoint::outcome datagram_endpoint::send_unix(operation& tried, const socket_name& to) {
    datagram_endpoint* receiver = nullptr;
    if (const int result = find_unix_receiver(to, receiver); result < 0)
        return connected_ && receiver == nullptr ? -ECONNREFUSED : result;
    const std::size_t size = tried.size();
    if (size > datagram_unix_max)
        return -EMSGSIZE;
    if (receiver->queue_.size() > unix_queue_max) {
        if (tried.has_flag(MSG_DONTWAIT))
            return -EAGAIN;
        receiver->waiting_for_room_.push_back(weak_from_this());
        return std::nullopt;
    }
    datagram sent{{}, local(), to};
    sent.from.family = AF_UNIX;
    tried.append_to(sent.bytes, 0, size);
    receiver->arrive(std::move(sent));
    return static_cast<int>(size);
}

/// Finds the Unix socket of a name: 0, or -errno. One that is connected hears its peer alone.
int datagram_endpoint::find_unix_receiver(const socket_name& to, datagram_endpoint*& found) const {
    found = static_cast<datagram_endpoint*>(
        home().find_bound(SOCK_DGRAM, to, [](endpoint&) { return true; }));
    if (found == nullptr)
        return -to.error_of_search();
    return found->connected_ && !(found->peer_ == local()) ? -EPERM : 0;
}

endpoint::outcome datagram_endpoint::send_udp(operation& tried, const socket_name& to) {
    const request asked = tried.is_message() ? read_control(tried.message()) : request{};
    const std::size_t size = tried.size();
    const std::size_t each = asked.segment == 0 ? size : asked.segment;
    if (size > datagram_max || each > datagram_max)
        return -EMSGSIZE;
    if (owner().faults().has_no_buffers())
        return -ENOBUFS;
    if (const int result = bind_if_not(to); result < 0)
        return result;
    socket_name from = local();
    if (asked.from.family != AF_UNSPEC)
        from.ip = asked.from.ip;
    else if (from.is_wildcard())
        from.ip = (to.is_loopback() ? to : to.is_v4() ? home().v4() : home().v6()).ip;
    std::vector<std::byte> all;
    tried.append_to(all, 0, size);
    std::size_t begin = 0;
    do {
        const auto first = all.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min(each, size - begin));
        dispatch({{first, last}, from, to});
        begin += each;
    } while (begin < size);
    return static_cast<int>(size);
}

void datagram_endpoint::dispatch(datagram sent) {
    chaos& faults = owner().faults();
    owner().note(home(), happening::sent, local().port, sent.bytes.size());
    if (capture* const file = owner().captured())
        file->udp(owner().elapsed(), sent.from, sent.to, sent.bytes);
    node* const target = owner().node_at(home(), sent.to);
    if (target == nullptr || faults.loses_datagram()) {
        owner().note(home(), happening::lost, sent.to.port, sent.bytes.size());
        return;
    }
    const auto self = std::static_pointer_cast<datagram_endpoint>(shared_from_this());
    const auto after = [&] {
        return owner().way(home(), *target).latency + faults.jitter() + faults.datagram_delay();
    };
    if (faults.duplicates_datagram())
        owner().plan(after(), std::make_shared<in_flight>(self, *target, sent));
    owner().plan(after(), std::make_shared<in_flight>(self, *target, std::move(sent)));
}

/// The socket that receives what comes from a name: one that is connected to it, if there is one.
datagram_endpoint* datagram_endpoint::find_receiver(node& at, const socket_name& to,
                                                    const socket_name& from) {
    const auto find = [&](bool connected) {
        const auto accepts = [&](endpoint& each) {
            const auto& candidate = static_cast<datagram_endpoint&>(each);
            return candidate.connected_ == connected && (!connected || candidate.peer_ == from);
        };
        return static_cast<datagram_endpoint*>(at.find_bound(SOCK_DGRAM, to, accepts));
    };
    datagram_endpoint* const connected = find(true);
    return connected != nullptr ? connected : find(false);
}

// Receiving.

void datagram_endpoint::arrive(datagram arrived) {
    const std::size_t taken = arrived.bytes.size() + datagram_overhead;
    if (closed_ || (!is_unix() && queued_bytes_ + taken > buffer_size(SO_RCVBUF))) {
        owner().note(home(), happening::lost, local().port, arrived.bytes.size());
        return;
    }
    owner().note(home(), happening::arrived, local().port, arrived.bytes.size());
    queued_bytes_ += taken;
    queue_.push_back(std::move(arrived));
    changed();
}

/// Nobody is there to receive what was sent. Only a connected socket hears of it.
void datagram_endpoint::refused() noexcept {
    if (!connected_ || closed_)
        return;
    error_ = ECONNREFUSED;
    changed();
}

void datagram_endpoint::happen(unsigned what) {
    if (what == refusal_arrives)
        refused();
    else
        changed();
}

endpoint::outcome datagram_endpoint::receive(operation& tried) {
    if (error_ != 0)
        return -take_error();
    if (queue_.empty())
        return tried.has_flag(MSG_DONTWAIT) ? std::optional(-EAGAIN) : std::nullopt;
    const datagram& oldest = queue_.front();
    const std::size_t size = oldest.bytes.size();
    const std::size_t copied = tried.fill(0, oldest.bytes);
    if (tried.is_message())
        store_control(tried, oldest);
    owner().note(home(), happening::received, local().port, size);
    const int count = static_cast<int>(tried.has_flag(MSG_TRUNC) ? size : copied);
    if (tried.has_flag(MSG_PEEK))
        return count;
    queued_bytes_ -= size + datagram_overhead;
    queue_.pop_front();
    wake_senders();
    return count;
}

/// Stores the sender's name, the flags and the control data of a datagram where RECVMSG wants them.
void datagram_endpoint::store_control(operation& tried, const datagram& oldest) const {
    auto& given = *tried.memory<msghdr>();
    given.msg_flags = oldest.bytes.size() > tried.size() ? MSG_TRUNC : 0;
    if (tried.message().msg_name != nullptr) {
        socklen_t size = tried.message().msg_namelen;
        oldest.from.store(domain(), static_cast<sockaddr*>(given.msg_name), &size);
        given.msg_namelen = is_unix() && oldest.from.path.empty() ? 0 : size;
    }
    const std::size_t room = tried.message().msg_controllen;
    given.msg_controllen = 0;
    if (domain() == AF_INET && option(IPPROTO_IP, IP_PKTINFO) != 0) {
        in_pktinfo info{};
        info.ipi_ifindex = only_interface;
        std::memcpy(&info.ipi_spec_dst, oldest.to.ip.data() + 12, sizeof(info.ipi_spec_dst));
        info.ipi_addr = info.ipi_spec_dst;
        append_control(given, room, IPPROTO_IP, IP_PKTINFO, info);
    } else if (domain() == AF_INET6 && option(IPPROTO_IPV6, IPV6_RECVPKTINFO) != 0) {
        in6_pktinfo info{};
        info.ipi6_ifindex = only_interface;
        std::memcpy(&info.ipi6_addr, oldest.to.ip.data(), oldest.to.ip.size());
        append_control(given, room, IPPROTO_IPV6, IPV6_PKTINFO, info);
    }
}

void datagram_endpoint::close() noexcept {
    if (std::exchange(closed_, true))
        return;
    home().unbind(*this);
    queue_.clear();
    wake_senders();
}

/// Lets those try again that wait for room here, or find out that nobody is here any more.
void datagram_endpoint::wake_senders() {
    for (const std::weak_ptr<endpoint>& waiting : std::exchange(waiting_for_room_, {}))
        if (const std::shared_ptr<endpoint> sender = waiting.lock())
            owner().plan(std::chrono::nanoseconds(0), sender, room_arrives);
}

std::string datagram_endpoint::describe() const {
    return std::string(is_unix() ? "  unix datagram " : "  udp ") + local().to_string() +
           (connected_ ? " <-> " + peer_.to_string() : "") + ", " + std::to_string(queue_.size()) +
           " datagrams to receive";
}

}  // namespace ringlet::testing::detail
