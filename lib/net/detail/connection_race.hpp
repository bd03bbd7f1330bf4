#pragma once

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringlet::detail {

class host_look_up;

/// Staggered attempts to connect to several addresses; the first attempt that succeeds wins.
/// RFC 8305, 5.
class connection_race {
public:
    /// Prepares a race in which an attempt may take `delay` before the next one begins beside it.
    connection_race(loop& owner, std::chrono::milliseconds delay) : loop_(owner), delay_(delay) {}

    /// Makes attempts for `peers` and waits until all have ended. If it is cancelled, that is the
    /// error of each attempt, and nothing is thrown.
    [[nodiscard]] task<> run(std::vector<address> peers);

    /// Makes attempts for the addresses that `source` finds, as they come, and waits until all have
    /// ended. `source` was given the event `changed()`. If the race is cancelled, that is the error
    /// of each attempt, and nothing is thrown.
    [[nodiscard]] task<> run(host_look_up& source);

    /// Set when an attempt has ended, or addresses have come.
    [[nodiscard]] event& changed() noexcept { return changed_; }

    /// The stream of the attempt that has won, if one has.
    [[nodiscard]] std::optional<stream>& winner() noexcept { return winner_; }

    /// Whether no attempt was made, for want of an address.
    [[nodiscard]] bool empty() const noexcept { return attempts_.empty(); }

    /// The error of the first attempt.
    [[nodiscard]] std::error_code error() const noexcept { return attempts_.front().error; }

    /// A text with the errors of all attempts; empty if there was only one and its peer is
    /// `target`.
    [[nodiscard]] std::string failures(const std::string& target) const;

private:
    struct attempt {
        address peer;
        std::error_code error;
    };

    task<> begin_attempts(task_group& group);
    task<> run_attempt(task_group& group, attempt& own);
    void begin_next(task_group& group);
    void add(const std::vector<address>& peers);
    [[nodiscard]] bool more_will_come() const noexcept;

    loop& loop_;
    const std::chrono::milliseconds delay_;
    host_look_up* source_ = nullptr;
    std::deque<address> untried_;
    std::deque<attempt> attempts_;
    bool next_is_due_ = true;  // no attempt has begun since the last one that has ended
    event changed_;
    std::optional<stream> winner_;
};

}  // namespace ringlet::detail
