#include "testing/detail/node.hpp"
#include "testing/detail/stream_endpoint.hpp"
#include "testing/detail/world.hpp"

#include <algorithm>
#include <cerrno>

// How a stream_endpoint connects: as TCP does, by a request, an answer, and a third segment, each
// of which takes its time.
namespace ringlet::testing::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// TCP waits twice as long each time.
constexpr seconds connected_again_after{1};
constexpr unsigned connect_attempts_max = 7;  // net.ipv4.tcp_syn_retries, and the first one
constexpr unsigned answers_max = 5;           // net.ipv4.tcp_synack_retries

}  // namespace

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
    const std::optional<socket_name> to =
        socket_name::from(tried.memory<const sockaddr>(), static_cast<socklen_t>(tried.sqe.off));
    if (!to || to->family != domain())
        return is_unix() ? -EINVAL : -EAFNOSUPPORT;
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
            return -to.error_of_search();
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

/// Sends the request for a connection, which arrives after a while if the way is not cut.
void stream_endpoint::reach_listener() {
    node* const there = owner().node_at(home(), remote_);
    position_.sequence = 0;
    capture_segment(capture::syn);
    if (there != nullptr && owner().passes(home(), *there))
        owner().plan(owner().way(home(), *there).latency + owner().faults().jitter(),
                     shared_from_this(), request_arrives);
    else
        try_again_later();
}

void stream_endpoint::try_again_later() {
    if (attempts_ >= connect_attempts_max) {
        owner().plan(connected_again_after, shared_from_this(), connect_gives_up);
        return;
    }
    owner().plan(connected_again_after * (1U << (attempts_ - 1)), shared_from_this(),
                 request_is_due);
    ++attempts_;
}

/// The request is at the host that it is for.
void stream_endpoint::request_arrived() {
    if (is_unix()) {
        state_ = state::fresh;
        if (const outcome ended = begin_connect(remote_); ended && *ended < 0)
            refused(-*ended);
        else
            changed();
        return;
    }
    node& there = *owner().node_at(home(), remote_);
    const link& back = owner().way(there, home());
    stream_endpoint* const listener = find_listener(there);
    if (!owner().passes(home(), there) || !owner().passes(there, home())) {
        try_again_later();
    } else if (listener == nullptr || owner().faults().refuses_connect()) {
        owner().plan(back.latency, shared_from_this(), refusal_arrives);
    } else if (listener->door_closed_ || listener->clients_.size() >= listener->backlog_) {
        try_again_later();
    } else {
        make_peer(*listener);
        peer_->position_.acknowledged = 1;
        peer_->capture_segment(capture::syn | capture::ack);
        const nanoseconds both_ways = back.latency + owner().way(home(), there).latency;
        peer_->in_.last_at = owner().now() + both_ways;
        owner().plan(back.latency, shared_from_this(), answer_arrives);
        owner().plan(both_ways, peer_, client_arrives);
    }
}

void stream_endpoint::answer_arrived() {
    state_ = state::connected;
    position_.acknowledged = 1;
    capture_segment(capture::ack);
    owner().note(home(), happening::connected, local().port, remote_.port);
    changed();
}

/// The handshake of a client is over: this end of it can be accepted. Where the backlog has become
/// full since it began, the listener does not hear the end of it, and sends its answer again.
void stream_endpoint::client_arrived() {
    const std::shared_ptr<stream_endpoint> listener = listener_.lock();
    if (listener == nullptr || !listener->listens()) {
        abort();
    } else if (listener->clients_.size() < listener->backlog_) {
        listener->clients_.push_back(std::static_pointer_cast<stream_endpoint>(shared_from_this()));
        listener->changed();
    } else if (attempts_ < answers_max) {
        owner().plan(connected_again_after * (1U << attempts_), shared_from_this(), client_arrives);
        ++attempts_;
    } else {
        abort();
    }
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
    owner().note_connection(made);
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

}  // namespace ringlet::testing::detail
