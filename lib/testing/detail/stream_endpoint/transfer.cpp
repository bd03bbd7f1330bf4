#include "testing/detail/node.hpp"
#include "testing/detail/stream_endpoint.hpp"
#include "testing/detail/world.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

// How the bytes of a stream_endpoint travel: what a send takes is on its way to the peer at once,
// in a segment that arrives later, and is never lost.
namespace ringlet::testing::detail {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// What TCP waits for before it sends again what was lost; it waits longer each time.
constexpr milliseconds sent_again_after{200};
constexpr seconds sent_again_after_max{2};
constexpr milliseconds sent_again_max{924'600};  // net.ipv4.tcp_retries2

}  // namespace

endpoint::outcome stream_endpoint::send(operation& tried) {
    if (state_ == state::connecting)
        return std::nullopt;
    const std::size_t size = tried.size();
    const auto so_far = [&](int error) {
        return tried.done > 0 ? static_cast<int>(tried.done) : error;
    };
    for (;;) {
        if (error_ != 0)
            return so_far(-take_error());
        if (state_ != state::connected)
            return so_far(is_unix() && state_ != state::ended ? -ENOTCONN : -EPIPE);
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
        // Linux goes on after a short send that is to take all, most of the time.
        if (!tried.has_flag(MSG_WAITALL) || count < possible)
            return static_cast<int>(tried.done);
    }
}

std::size_t stream_endpoint::window_of(const flow& there) const noexcept {
    return is_unix() ? there.window : owner().faults().window_now(there.window);
}

std::size_t stream_endpoint::room() const noexcept {
    const flow& there = peer_->in_;
    const std::size_t window = window_of(there);
    return window - std::min(window, there.held());
}

bool stream_endpoint::has_room() const noexcept {
    return peer_ == nullptr || room() > window_of(peer_->in_) / 3;
}

endpoint::outcome stream_endpoint::receive(operation& tried) {
    if (state_ == state::connecting)
        return std::nullopt;
    if (state_ == state::fresh || state_ == state::listening)
        return -ENOTCONN;
    const std::size_t wanted = tried.size() - tried.done;
    if (const std::size_t available = in_.arrived().size(); available > 0) {
        if (wanted == 0)
            return 0;
        return received(tried, owner().faults().received_of(std::min(available, wanted)));
    }
    const bool no_more = error_ != 0 || end_arrived_ || receiving_ended_ || broken_;
    if (tried.done > 0 && (no_more || tried.has_flag(MSG_DONTWAIT)))
        return static_cast<int>(tried.done);
    if (end_arrived_ && !is_unix())
        return 0;  // whatever has come to pass since then
    if (error_ != 0)
        return -take_error();
    if (end_arrived_ || receiving_ended_ || broken_ || state_ == state::ended)
        return 0;
    return tried.has_flag(MSG_DONTWAIT) ? std::optional(-EAGAIN) : std::nullopt;
}

endpoint::outcome stream_endpoint::received(operation& tried, std::size_t count) {
    if (tried.is_message()) {
        tried.message().msg_flags = 0;
        auto& given = *tried.memory<msghdr>();
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

/// Writes a segment that this end sends to the file of all that is sent, if there is one.
void stream_endpoint::capture_segment(unsigned flags, std::span<const std::byte> payload) {
    capture* const file = owner().captured();
    if (file == nullptr || is_unix())
        return;
    file->tcp(owner().elapsed(), local(), remote_, position_, flags, payload);
    const bool counts = (flags & (capture::syn | capture::fin)) != 0;
    position_.sequence += static_cast<std::uint32_t>(payload.size()) + (counts ? 1 : 0);
}

/// Sends a segment whose bytes have been appended to those of the peer.
void stream_endpoint::transmit(flow::segment_kind kind, std::size_t size) {
    constexpr std::array<unsigned, 3> flags{
        capture::ack | capture::push, capture::ack | capture::fin, capture::ack | capture::reset};
    flow& there = peer_->in_;
    there.push({kind, size});
    capture_segment(flags[static_cast<std::size_t>(kind)], std::span(there.bytes()).last(size));
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
        if (!owner().passes(peer_->home(), home())) {
            send_again();
            return;
        }
        in_.blocked_since.reset();
    }
    const flow::segment arrived = in_.arrive();
    position_.acknowledged += static_cast<std::uint32_t>(arrived.size) +
                              (arrived.kind == flow::segment_kind::end ? 1 : 0);
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
        broken(end_arrived_ && !sending_ended_ && !is_unix() ? EPIPE : ECONNRESET);
        break;
    }
}

/// The segment that should arrive now does not get through. The peer sends it again, and gives the
/// connection up in the end.
void stream_endpoint::send_again() {
    if (!in_.blocked_since)
        in_.blocked_since = owner().now();
    const nanoseconds blocked = owner().now() - *in_.blocked_since;
    if (blocked < sent_again_max) {
        const auto when = owner().now() +
                          std::clamp<nanoseconds>(blocked, sent_again_after, sent_again_after_max);
        in_.last_at = std::max(in_.last_at, when);
        owner().plan_at(when, shared_from_this(), segment_arrives);
    } else {
        peer_->broken(ETIMEDOUT);
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

}  // namespace ringlet::testing::detail
