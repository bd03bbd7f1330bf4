#pragma once

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

namespace ringlet::detail {

/// Staggered attempts to connect to several addresses; the first attempt that succeeds wins.
/// RFC 8305, 5.
class connection_race {
public:
    /// Prepares attempts for `peers`, one or more, in their order; `delay` is how long an attempt
    /// may take before the next one begins beside it.
    connection_race(loop& owner, const std::vector<address>& peers,
                    std::chrono::milliseconds delay);

    /// Makes the attempts and waits until all have ended. If it is cancelled, this is the error of
    /// each attempt, and nothing is thrown.
    [[nodiscard]] task<> run();

    /// The stream of the attempt that has won, if one has.
    [[nodiscard]] std::optional<stream>& winner() noexcept { return winner_; }

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

    loop& loop_;
    std::chrono::milliseconds delay_;
    std::vector<attempt> attempts_;
    std::size_t begun_ = 0;
    event ended_;  // set when an attempt has ended since the last one began
    std::optional<stream> winner_;
};

}  // namespace ringlet::detail
