#include "base/detail/valid_timeout.hpp"
#include "net/detail/valid_options.hpp"

#include <ringlet/net/stream_watch.hpp>

#include <algorithm>

namespace ringlet {

namespace {

using time_point = detail::timer::time_point;
using std::chrono::milliseconds;

/// Since when a direction waits. What it awaits later is not late before what began now would be.
time_point waiting_since(const detail::direction& watched, time_point now) noexcept {
    return watched.empty() ? now : watched.newest()->suspended_at();
}

/// Finds out which timeouts are over, and when the next check is due.
class timeout_check {
public:
    explicit timeout_check(time_point now) noexcept : now_(now) {}

    bool late(time_point since, milliseconds timeout) noexcept {
        if (timeout == timeout.zero())
            return false;
        const bool over = since + timeout <= now_;
        next_ = std::min(next_, (over ? now_ : since) + timeout);
        return over;
    }
    [[nodiscard]] time_point next() const noexcept { return next_; }

private:
    time_point now_;
    time_point next_ = time_point::max();
};

}  // namespace

void detail::require_valid(const stream_timeouts& timeouts) {
    require_valid_timeout(timeouts.idle, "stream_timeouts: idle");
    require_valid_timeout(timeouts.read, "stream_timeouts: read");
    require_valid_timeout(timeouts.write, "stream_timeouts: write");
}

stream_watch::stream_watch(stream& watched, const stream_timeouts& timeouts)
    : stream_(watched), timeouts_(timeouts) {
    detail::require_valid(timeouts);
    if (watches_sending())
        stream_.outgoing_.watch();
    check_timeouts();
}

stream_watch::~stream_watch() {
    stream_.core_->timers().disarm(*this);
    if (watches_sending())
        stream_.outgoing_.unwatch();
}

void stream_watch::check_timeouts() {
    detail::direction& incoming = stream_.incoming_;
    detail::direction& outgoing = stream_.outgoing_;
    const auto now = stream_.core_->turn_began();
    const auto receiving = waiting_since(incoming, now);
    const auto sending = waiting_since(outgoing, now);
    const auto sent = outgoing.progressed_at();
    const auto silent = std::max({std::min(receiving, sending), incoming.progressed_at(), sent});

    timeout_check due(now);
    const bool idle = due.late(silent, timeouts_.idle);
    if (due.late(receiving, timeouts_.read) || idle)
        incoming.time_out();
    if (due.late(std::max(sending, sent), timeouts_.write) || idle)
        outgoing.time_out();
    if (due.next() != time_point::max())
        stream_.core_->timers().arm(*this, due.next());
}

}  // namespace ringlet
