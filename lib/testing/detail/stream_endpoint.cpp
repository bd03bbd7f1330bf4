#include "stream_endpoint.hpp"
#include "node.hpp"
#include "world.hpp"

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace ringlet::testing::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// What TCP waits for before it sends again what was lost; it waits longer each time.
constexpr milliseconds sent_again_after{200};
constexpr seconds connected_again_after{1};
constexpr unsigned connect_attempts_max = 7;  // net.ipv4.tcp_syn_retries, and the first one

constexpr std::size_t unix_window = 212'992;  // net.core.wmem_default

}  // namespace

stream_endpoint::stream_endpoint(node& home, int domain) noexcept
    : endpoint(home, domain, SOCK_STREAM) {
    in_.window = unix_window;
}

void stream_endpoint::join(const std::shared_ptr<stream_endpoint>& one,
                           const std::shared_ptr<stream_endpoint>& other) {
    one->peer_ = other;
    other->peer_ = one;
    one->state_ = other->state_ = state::connected;
}

int stream_endpoint::listen(int backlog) {
    if (state_ != state::fresh && state_ != state::listening)
        return -EINVAL;
    if (local().family == AF_UNSPEC) {
        if (is_unix())
            return -EINVAL;
        socket_name any = domain() == AF_INET ? socket_name::v4(0, 0) : socket_name{};
        if (const int result = home().bind(*this, any, false, false); result < 0)
            return result;
        set_local(any);
    }
    state_ = state::listening;
    backlog_ = static_cast<std::size_t>(std::max(backlog, 0)) + 1;
    return 0;
}

int stream_endpoint::shutdown(int how) {
    if (state_ == state::listening) {
        if (how != SHUT_WR)
            stop_listening();
        return 0;
    }
    if (state_ != state::connected)
        return -ENOTCONN;
    if (how != SHUT_RD)
        end_sending();
    if (how != SHUT_WR)
        receiving_ended_ = true;
    changed();
    return 0;
}

int stream_endpoint::peer_address(sockaddr* stored, socklen_t* size) const {
    if (state_ != state::connected || broken_)
        return -ENOTCONN;
    remote_.store(domain(), stored, size);
    return 0;
}

int stream_endpoint::take_error() noexcept {
    return std::exchange(error_, 0);
}

// The filter of ringlet's own lets no new client in.
void stream_endpoint::option_changed(int level, int name) {
    if (level == SOL_SOCKET && name == SO_ATTACH_FILTER)
        door_closed_ = true;
}

int stream_endpoint::events() const noexcept {
    if (state_ == state::listening)
        return clients_.empty() ? 0 : POLLIN;
    if (state_ == state::connecting)
        return 0;
    if (state_ == state::fresh)
        return POLLOUT | POLLHUP;
    if (state_ == state::ended)
        return POLLIN | POLLOUT | POLLHUP | POLLRDHUP | (error_ != 0 ? POLLERR : 0);
    int seen = 0;
    const bool no_more = end_arrived_ || receiving_ended_ || broken_;
    if (!in_.arrived().empty() || no_more)
        seen |= POLLIN;
    if (no_more)
        seen |= POLLRDHUP;
    if (has_room() || sending_ended_ || broken_)
        seen |= POLLOUT;
    if (broken_ || (no_more && sending_ended_))
        seen |= POLLHUP;
    if (error_ != 0)
        seen |= POLLERR;
    return seen;
}

// Accepting.

endpoint::outcome stream_endpoint::accept(operation& tried) {
    const bool multishot = (tried.sqe.ioprio & IORING_ACCEPT_MULTISHOT) != 0;
    for (;;) {
        if (state_ != state::listening)
            return -EINVAL;
        if (clients_.empty())
            return std::nullopt;
        if (const int error = owner().faults().accept_error(); error != 0) {
            if (error == ECONNABORTED) {
                const std::shared_ptr<stream_endpoint> gone = clients_.front();
                clients_.pop_front();
                gone->close();
            }
            return -error;
        }
        const int fd = home().allocate(clients_.front());
        if (fd < 0)
            return fd;
        stream_endpoint& client = *clients_.front();
        owner().note(home(), happening::accepted, static_cast<std::uint64_t>(fd),
                     client.remote_.port);
        if (tried.sqe.addr != 0)
            client.remote_.store(
                domain(), reinterpret_cast<sockaddr*>(static_cast<std::uintptr_t>(tried.sqe.addr)),
                reinterpret_cast<socklen_t*>(static_cast<std::uintptr_t>(tried.sqe.addr2)));
        clients_.pop_front();
        if (!multishot || tried.ring.completions_full())
            return fd;
        tried.ring.post_with_more(tried, fd);
    }
}

// The clients that wait are reset, and those whose handshakes are not over.
void stream_endpoint::stop_listening() noexcept {
    state_ = state::ended;
    home().unbind(*this);
    for (const std::shared_ptr<stream_endpoint>& client : std::exchange(clients_, {})) {
        client->reset_peer();
        client->closed_ = true;
        client->peer_ = nullptr;
    }
    changed();
}

// Connecting.

endpoint::outcome stream_endpoint::connect(operation& tried) {
    switch (state_) {
    case state::fresh:
        break;
    case state::connecting:
        return tried.done == 0 ? std::optional(-EALREADY) : std::nullopt;
    case state::connected:
        return tried.done == 0 ? -EISCONN : (broken_ && error_ != 0 ? -take_error() : 0);
    default:
        if (tried.done == 0)
            return -EINVAL;
        state_ = state::fresh;  // as after a connect that has failed
        return -take_error();
    }
    const std::optional<socket_name> to = socket_name::from(
        reinterpret_cast<const sockaddr*>(static_cast<std::uintptr_t>(tried.sqe.addr)),
        static_cast<socklen_t>(tried.sqe.off));
    if (!to || to->family != domain())
        return -EAFNOSUPPORT;
    tried.done = 1;  // the attempts from now on are about an answer
    return begin_connect(*to);
}

endpoint::outcome stream_endpoint::begin_connect(const socket_name& to) {
    remote_ = to;
    if (!is_unix() && remote_.is_wildcard())
        remote_.ip = socket_name::loopback_ip(remote_.is_v4());
    if (const int result = bind_if_not(remote_); result < 0)
        return result;
    owner().note(home(), happening::connecting, local().port, remote_.port);
    if (is_unix()) {
        stream_endpoint* const listener = find_listener(home());
        if (listener == nullptr)
            return -ECONNREFUSED;
        if (listener->clients_.size() >= listener->backlog_) {
            state_ = state::connecting;
            owner().plan(milliseconds(1), shared_from_this(), request_arrives);
            return std::nullopt;
        }
        make_peer(*listener);
        listener->clients_.push_back(peer_);
        state_ = state::connected;
        listener->changed();
        return 0;
    }
    state_ = state::connecting;
    attempts_ = 1;
    if (owner().faults().connect_hangs()) {
        owner().plan(connected_again_after * (1U << connect_attempts_max), shared_from_this(),
                     connect_gives_up);
        return std::nullopt;
    }
    reach_listener();
    return std::nullopt;
}

/// Sends the request for a connection: it arrives after a while, if the way is not cut.
void stream_endpoint::reach_listener() {
    for (const auto& each : owner().nodes())
        if (each->has_address(remote_) && (!remote_.is_loopback() || each.get() == &home())) {
            const link& there = owner().way(home(), *each);
            if (each->running() && !there.held && owner().now() >= there.cut_until)
                owner().plan(there.latency + owner().faults().jitter(), shared_from_this(),
                             request_arrives);
            else
                try_again_later();
            return;
        }
    try_again_later();  // nobody has the address
}

void stream_endpoint::try_again_later() {
    if (attempts_ >= connect_attempts_max) {
        owner().plan(connected_again_after, shared_from_this(), connect_gives_up);
        return;
    }
    owner().plan(connected_again_after * (1U << (attempts_ - 1)), shared_from_this(),
                 request_arrives + 0x100U);
    ++attempts_;
}

stream_endpoint* stream_endpoint::find_listener(node& at) const {
    endpoint* const found = at.find_bound(SOCK_STREAM, remote_, [&](endpoint& each) {
        return static_cast<stream_endpoint&>(each).listens();
    });
    return static_cast<stream_endpoint*>(found);
}

/// Makes the other end of the connection, which belongs to the listener's host.
void stream_endpoint::make_peer(stream_endpoint& listener) {
    const auto made = std::make_shared<stream_endpoint>(listener.home(), listener.domain());
    made->set_local(is_unix() ? listener.local() : remote_);
    made->remote_ = local();
    made->inherit_options(listener);
    made->listener_ = std::static_pointer_cast<stream_endpoint>(listener.shared_from_this());
    made->state_ = state::connected;
    made->peer_ = std::static_pointer_cast<stream_endpoint>(shared_from_this());
    peer_ = made;
    if (!is_unix()) {
        made->in_.window = owner().faults().window();
        in_.window = owner().faults().window();
    }
}

void stream_endpoint::refused(int error) {
    error_ = error;
    state_ = state::ended;
    owner().note(home(), happening::refused, local().port, static_cast<std::uint64_t>(error));
    changed();
}

// Sending and receiving.

endpoint::outcome stream_endpoint::send(operation& tried) {
    if (state_ == state::connecting)
        return std::nullopt;
    if (tried.is_message() && tried.message().msg_name != nullptr && state_ == state::fresh)
        return -ENOTCONN;
    const std::size_t size = tried.size();
    const auto so_far = [&](int error) {
        return tried.done > 0 ? static_cast<int>(tried.done) : error;
    };
    for (;;) {
        if (error_ != 0)
            return so_far(-take_error());
        if (state_ != state::connected)
            return so_far(state_ == state::ended ? -EPIPE : -ENOTCONN);
        if (sending_ended_ || broken_ || peer_ == nullptr || (is_unix() && peer_->closed_))
            return so_far(-EPIPE);
        if (tried.done == size)
            return static_cast<int>(size);
        const std::size_t possible = std::min(room(), size - tried.done);
        if (possible == 0)
            return tried.has_flag(MSG_DONTWAIT) ? std::optional(so_far(-EAGAIN)) : std::nullopt;
        const std::size_t count = owner().faults().sent_of(possible);
        tried.append_to(peer_->in_.bytes(), tried.done, count);
        tried.done += count;
        transmit(flow::segment_kind::data, count);
        if (!tried.has_flag(MSG_WAITALL))
            return static_cast<int>(tried.done);
    }
}

std::size_t stream_endpoint::room() const noexcept {
    const flow& there = peer_->in_;
    return there.window - std::min(there.window, there.held());
}

bool stream_endpoint::has_room() const noexcept {
    return peer_ == nullptr || room() > peer_->in_.window / 3;
}

endpoint::outcome stream_endpoint::receive(operation& tried) {
    if (state_ == state::connecting)
        return std::nullopt;
    if (state_ == state::fresh || state_ == state::listening)
        return -ENOTCONN;
    const std::size_t wanted = tried.size() - tried.done;
    if (wanted == 0)
        return static_cast<int>(tried.done);
    if (const std::size_t available = in_.arrived().size(); available > 0)
        return received(tried, owner().faults().received_of(std::min(available, wanted)));
    if (tried.done > 0 && (error_ != 0 || end_arrived_ || receiving_ended_ || broken_))
        return static_cast<int>(tried.done);
    if (error_ != 0)
        return -take_error();
    if (end_arrived_ || receiving_ended_ || broken_ || state_ == state::ended)
        return 0;
    return tried.has_flag(MSG_DONTWAIT) ? std::optional(-EAGAIN) : std::nullopt;
}

endpoint::outcome stream_endpoint::received(operation& tried, std::size_t count) {
    if (tried.is_message()) {
        tried.message().msg_flags = 0;
        auto& given = *reinterpret_cast<msghdr*>(static_cast<std::uintptr_t>(tried.sqe.addr));
        given.msg_flags = 0;
        given.msg_controllen = 0;
        given.msg_namelen = 0;
    }
    tried.fill(tried.done, in_.arrived().first(count));
    if (tried.has_flag(MSG_PEEK))
        return static_cast<int>(count);
    tried.done += count;
    in_.take(count);
    owner().note(home(), happening::received, local().port, count);
    give_room();
    if (tried.has_flag(MSG_WAITALL) && tried.done < tried.size())
        return receive(tried);
    return static_cast<int>(tried.done);
}

/// Tells the peer that there is room again, where it waits for that.
void stream_endpoint::give_room() {
    if (peer_ == nullptr || peer_->closed_)
        return;
    const nanoseconds after =
        is_unix() ? nanoseconds(0) : owner().way(home(), peer_->home()).latency;
    owner().plan(after, peer_, room_arrives);
}

/// Sends a segment whose bytes have been appended to those of the peer.
void stream_endpoint::transmit(flow::segment_kind kind, std::size_t size) {
    flow& there = peer_->in_;
    there.push({kind, size});
    nanoseconds after{0};
    if (!is_unix()) {
        link& way = owner().way(home(), peer_->home());
        after = way.latency + owner().faults().jitter();
        if (&home() != &peer_->home() && way.next_draw <= owner().now()) {
            way.next_draw = owner().now() + seconds(1);
            if (const nanoseconds cut = owner().faults().cut(); cut > cut.zero()) {
                way.cut_until = std::max(way.cut_until, owner().now() + cut);
                owner().note(home(), happening::cut, peer_->home().index(),
                             static_cast<std::uint64_t>(cut.count()));
            }
        }
    }
    there.last_at = std::max(there.last_at, owner().now() + after);
    owner().note(home(), happening::sent, local().port, size);
    owner().plan_at(there.last_at, peer_, segment_arrives);
}

void stream_endpoint::segment_arrived() {
    if (!in_.has_segments())
        return;
    if (peer_ != nullptr && !is_unix()) {
        const link& way = owner().way(peer_->home(), home());
        if (way.held || owner().now() < way.cut_until || !home().running()) {
            const auto again = std::max(owner().now(), way.cut_until) + sent_again_after;
            in_.last_at = std::max(in_.last_at, again);
            owner().plan_at(again, shared_from_this(), segment_arrives);
            return;
        }
    }
    const flow::segment arrived = in_.arrive();
    owner().note(home(), happening::arrived, local().port, arrived.size);
    switch (arrived.kind) {
    case flow::segment_kind::data:
        data_arrived();
        break;
    case flow::segment_kind::end:
        end_arrived_ = true;
        changed();
        break;
    case flow::segment_kind::reset:
        broken(ECONNRESET);
        break;
    }
}

void stream_endpoint::data_arrived() {
    if (closed_) {
        in_.discard();
        reset_peer();
    } else if (!broken_ && !is_unix() && owner().faults().resets()) {
        if (peer_ != nullptr)
            peer_->broken(ECONNRESET);
        broken(ECONNRESET);
    } else if (!broken_) {
        changed();
    }
}

/// The connection is no more: bytes that have arrived can be received, and then the error.
void stream_endpoint::broken(int error) {
    if (broken_ || closed_)
        return;
    broken_ = true;
    error_ = error;
    owner().note(home(), happening::reset, local().port, 0);
    changed();
}

void stream_endpoint::reset_peer() {
    if (peer_ != nullptr && !peer_->broken_)
        transmit(flow::segment_kind::reset, 0);
}

void stream_endpoint::end_sending() {
    if (sending_ended_)
        return;
    sending_ended_ = true;
    if (peer_ != nullptr && !broken_)
        transmit(flow::segment_kind::end, 0);
}

void stream_endpoint::close() noexcept {
    if (closed_)
        return;
    home().unbind(*this);
    if (state_ == state::listening)
        stop_listening();
    const bool lingers_not = [&] {
        linger set{};
        socklen_t size = sizeof(set);
        return !is_unix() && get_option(SOL_SOCKET, SO_LINGER, &set, &size) == 0 &&
               size == sizeof(set) && set.l_onoff != 0 && set.l_linger == 0;
    }();
    closed_ = true;
    owner().note(home(), happening::closed, local().port, in_.arrived().size());
    if (peer_ == nullptr)
        return;
    if (!broken_ && (lingers_not || !in_.arrived().empty())) {
        in_.discard();
        reset_peer();
    } else {
        end_sending();
    }
    state_ = state::ended;
    if (is_unix() && !peer_->closed_)
        owner().plan(nanoseconds(0), peer_, room_arrives);  // what it sends fails from now on
    if (peer_->closed_) {
        peer_->peer_ = nullptr;
        peer_ = nullptr;
    }
}

void stream_endpoint::vanish() noexcept {
    home().unbind(*this);
    state_ = state::ended;
    closed_ = true;
    in_.discard();
    for (const std::shared_ptr<stream_endpoint>& client : std::exchange(clients_, {}))
        client->vanish();
}

void stream_endpoint::happen(unsigned what) {
    switch (what) {
    case segment_arrives:
        return segment_arrived();
    case room_arrives:
        return changed();
    case request_arrives + 0x100U:
        if (state_ == state::connecting)
            reach_listener();
        return;
    case connect_gives_up:
        if (state_ == state::connecting)
            refused(ETIMEDOUT);
        return;
    case refusal_arrives:
        if (state_ == state::connecting)
            refused(ECONNREFUSED);
        return;
    case answer_arrives:
        if (state_ == state::connecting) {
            state_ = state::connected;
            owner().note(home(), happening::connected, local().port, remote_.port);
            changed();
        }
        return;
    default:
        break;
    }
    if (what == client_arrives) {
        if (const auto listener = listener_.lock(); listener && listener->listens()) {
            --listener->handshakes_;
            listener->clients_.push_back(
                std::static_pointer_cast<stream_endpoint>(shared_from_this()));
            listener->changed();
        } else {
            reset_peer();
            closed_ = true;
        }
        return;
    }
    if (state_ != state::connecting || closed_)
        return;
    if (is_unix()) {
        state_ = state::fresh;
        if (const outcome ended = begin_connect(remote_); ended && *ended < 0)
            refused(-*ended);
        else
            changed();
        return;
    }
    for (const auto& each : owner().nodes()) {
        if (!each->has_address(remote_) || (remote_.is_loopback() && each.get() != &home()))
            continue;
        link& back = owner().way(*each, home());
        stream_endpoint* const listener = each->running() ? find_listener(*each) : nullptr;
        if (listener == nullptr || owner().faults().refuses_connect()) {
            owner().plan(back.latency, shared_from_this(), refusal_arrives);
        } else if (listener->door_closed_ ||
                   listener->clients_.size() + listener->handshakes_ >= listener->backlog_) {
            try_again_later();
        } else {
            make_peer(*listener);
            ++listener->handshakes_;
            const nanoseconds there = owner().way(home(), *each).latency;
            owner().plan(back.latency, shared_from_this(), answer_arrives);
            owner().plan(back.latency + there, peer_, client_arrives);
            peer_->in_.last_at = owner().now() + back.latency + there;
        }
        return;
    }
}

std::string stream_endpoint::describe() const {
    std::string text = is_unix() ? "  unix " : "  tcp ";
    text += local().to_string();
    switch (state_) {
    case state::listening:
        return text + " listens, " + std::to_string(clients_.size()) + " clients wait";
    case state::connecting:
        return text + " connects to " + remote_.to_string();
    case state::connected:
        return text + " <-> " + remote_.to_string() + ", " + std::to_string(in_.arrived().size()) +
               " bytes to receive, " + std::to_string(in_.on_the_way()) + " on the way" +
               (end_arrived_ ? ", the peer has ended" : "") +
               (sending_ended_ ? ", sending has ended" : "") + (broken_ ? ", reset" : "");
    case state::fresh:
        return text + " is neither connected nor listening";
    case state::ended:
        break;
    }
    return text + " has ended";
}

}  // namespace ringlet::testing::detail
