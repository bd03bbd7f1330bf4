#include "net/detail/valid_options.hpp"

#include <ringlet/net/stream_watch.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

using time_point = detail::timer::time_point;
using std::chrono::milliseconds;

constexpr milliseconds timeout_max = std::chrono::hours(24 * 365);

void require_sensible(milliseconds timeout, const char* name) {
    if (timeout < timeout.zero() || timeout > timeout_max)
        throw std::invalid_argument(std::string("stream_timeouts: ") + name +
                                    " must be 0 to a year");
}

/// Since when a direction waits. What it awaits later is not late before what began now would be.
time_point waiting_since(const detail::direction& watched, time_point now) noexcept {
    return watched.busy() ? watched.pending()->suspended_at() : now;
}

/// Finds out which timeouts are over, and when to look again.
class look {
public:
    explicit look(time_point now) noexcept : now_(now) {}

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
    require_sensible(timeouts.idle, "idle");
    require_sensible(timeouts.read, "read");
    require_sensible(timeouts.write, "write");
}

stream_watch::stream_watch(stream& watched, const stream_timeouts& timeouts)
    : stream_(watched), timeouts_(timeouts) {
    detail::require_valid(timeouts);
    if (watches_sending())
        stream_.outgoing_.watch();
    look_after();
}

stream_watch::~stream_watch() {
    stream_.core_->timers().disarm(*this);
    if (watches_sending())
        stream_.outgoing_.unwatch();
}

void stream_watch::look_after() {
    detail::direction& incoming = stream_.incoming_;
    detail::direction& outgoing = stream_.outgoing_;
    const auto now = stream_.core_->turn_began();
    const auto receiving = waiting_since(incoming, now);
    const auto sending = waiting_since(outgoing, now);
    const auto sent = outgoing.progressed_at();
    const auto silent = std::max({std::min(receiving, sending), incoming.progressed_at(), sent});

    look one(now);
    const bool idle = one.late(silent, timeouts_.idle);
    if (one.late(receiving, timeouts_.read) || idle)
        incoming.time_out();
    if (one.late(std::max(sending, sent), timeouts_.write) || idle)
        outgoing.time_out();
    if (one.next() != time_point::max())
        stream_.core_->timers().arm(*this, one.next());
}

}  // namespace ringlet
