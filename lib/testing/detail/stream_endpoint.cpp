#include "stream_endpoint.hpp"
#include "node.hpp"
#include "simulated_ring.hpp"
#include "world.hpp"

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace ringlet::testing::detail {

namespace {

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
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
        return -EINVAL;
    if (state_ == state::listening) {
        if (how != SHUT_WR)
            stop_listening();
        return 0;
    }
    if (state_ != state::connected || (broken_ && !is_unix()))
        return is_unix() ? 0 : -ENOTCONN;
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
        if (!home().has_descriptor_left())
            return -EMFILE;  // Linux looks for a descriptor first
        if (clients_.empty())
            return std::nullopt;
        if (const int error = owner().faults().accept_error(); error != 0) {
            if (error == ECONNABORTED) {
                const std::shared_ptr<stream_endpoint> gone = clients_.front();
                clients_.pop_front();
                gone->abort();
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
            client.remote_.store(domain(), tried.memory<sockaddr>(),
                                 tried.second_memory<socklen_t>());
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
    for (const std::shared_ptr<stream_endpoint>& client : std::exchange(clients_, {}))
        client->abort();
    changed();
}

/// Ends a connection that no descriptor has, as a failure.
void stream_endpoint::abort() noexcept {
    if (home().running())
        reset_peer();
    closed_ = true;
    in_.discard();
    part();
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
        owner().plan(std::chrono::nanoseconds(0), peer_,
                     room_arrives);  // what it sends fails from now on
    part();
}

/// The ends of a connection let go of each other, once both are closed.
void stream_endpoint::part() noexcept {
    if (peer_ == nullptr || !peer_->closed_)
        return;
    const std::shared_ptr<stream_endpoint> other = std::exchange(peer_, nullptr);
    other->peer_ = nullptr;
}

void stream_endpoint::let_go() noexcept {
    peer_ = nullptr;
    clients_.clear();
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
    case client_arrives:
        return client_arrived();
    default:
        break;
    }
    if (state_ != state::connecting || closed_)
        return;
    switch (what) {
    case request_is_due:
        return reach_listener();
    case request_arrives:
        return request_arrived();
    case answer_arrives:
        return answer_arrived();
    case refusal_arrives:
        return refused(ECONNREFUSED);
    case connect_gives_up:
        return refused(ETIMEDOUT);
    default:
        break;
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
