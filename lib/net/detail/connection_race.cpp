#include "connection_race.hpp"

#include "net/detail/host_look_up.hpp"
#include "net/detail/interleaved.hpp"

#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>

#include <functional>
#include <utility>

namespace ringlet::detail {

task<> connection_race::run(std::vector<address> peers) {
    add(peers);
    const auto body = [this](task_group& group) { return begin_attempts(group); };
    co_await task_group::run(std::ref(body));
}

task<> connection_race::run(host_look_up& source) {
    source_ = &source;
    const auto body = [this](task_group& group) {
        group.spawn(source_->run());
        return begin_attempts(group);
    };
    co_await task_group::run(std::ref(body));
}

task<> connection_race::begin_attempts(task_group& group) {
    loop::clock::time_point next_at = loop_.now();
    std::error_code error;  // the race is cancelled, or the delay is over
    while (!loop_.core().scope().cancelled()) {
        if (source_ != nullptr)
            add(source_->take());
        changed_.reset();
        if (untried_.empty()) {
            if (!more_will_come())
                break;
            co_await changed_.wait(error);
        } else if (next_is_due_ || loop_.now() >= next_at) {
            next_at = loop_.now() + delay_;
            begin_next(group);
        } else {
            co_await with_deadline(next_at, changed_.wait(error));
        }
    }
}

void connection_race::begin_next(task_group& group) {
    next_is_due_ = false;
    attempts_.push_back({untried_.front(), {}});
    untried_.pop_front();
    group.spawn(run_attempt(group, attempts_.back()));
}

task<> connection_race::run_attempt(task_group& group, attempt& own) {
    stream connected = co_await connect(own.peer, own.error);
    if (!own.error && !winner_) {
        winner_.emplace(std::move(connected));
        group.cancel();
    }
    next_is_due_ = true;
    changed_.set();
}

/// Adds `peers` to those that wait for their turn, before them: they are of the family that has not
/// had any.
void connection_race::add(const std::vector<address>& peers) {
    if (peers.empty())
        return;
    std::vector<address> all(peers);
    all.insert(all.end(), untried_.begin(), untried_.end());
    const std::vector<address> ordered = interleaved(all);
    untried_.assign(ordered.begin(), ordered.end());
}

bool connection_race::more_will_come() const noexcept {
    return source_ != nullptr && !source_->complete();
}

std::string connection_race::failures(const std::string& target) const {
    if (attempts_.empty() ||
        (attempts_.size() == 1 && attempts_.front().peer.to_string() == target))
        return {};
    std::string text;
    for (const attempt& each : attempts_)
        text += (text.empty() ? " (" : "; ") + each.peer.to_string() + ": " + each.error.message();
    return text + ")";
}

}  // namespace ringlet::detail
