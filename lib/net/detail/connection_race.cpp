#include "connection_race.hpp"

#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>

#include <functional>
#include <utility>

namespace ringlet::detail {

connection_race::connection_race(loop& owner, const std::vector<address>& peers,
                                 std::chrono::milliseconds delay)
    : loop_(owner), delay_(delay) {
    for (const address& peer : peers)
        attempts_.push_back({peer, {}});
}

task<> connection_race::run() {
    const auto body = [this](task_group& group) { return begin_attempts(group); };
    co_await task_group::run(std::ref(body));
}

task<> connection_race::begin_attempts(task_group& group) {
    do {
        ended_.reset();
        group.spawn(run_attempt(group, attempts_[begun_++]));
        std::error_code error;  // the delay is over, or the race is cancelled
        if (begun_ < attempts_.size())
            co_await with_timeout(delay_, ended_.wait(error));
    } while (begun_ < attempts_.size() && !loop_.core().scope().cancelled());
}

task<> connection_race::run_attempt(task_group& group, attempt& own) {
    stream connected = co_await connect(own.peer, own.error);
    if (!own.error && !winner_) {
        winner_.emplace(std::move(connected));
        group.cancel();
    }
    ended_.set();
}

std::string connection_race::failures(const std::string& target) const {
    if (begun_ == 1 && attempts_.front().peer.to_string() == target)
        return {};
    std::string text;
    for (std::size_t i = 0; i < begun_; ++i)
        text += (i == 0 ? " (" : "; ") + attempts_[i].peer.to_string() + ": " +
                attempts_[i].error.message();
    return text + ")";
}

}  // namespace ringlet::detail
