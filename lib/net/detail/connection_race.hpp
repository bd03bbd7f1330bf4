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

/// Attempts to connect to several addresses, staggered, of which the first to succeed wins.
/// RFC 8305, 5.
class connection_race {
public:
    /// The peers in their order, one or more, and how long the next one waits for those before.
    connection_race(loop& owner, const std::vector<address>& peers,
                    std::chrono::milliseconds delay);

    /// Runs it until every attempt has ended. Cancelling it is no error here, but of each attempt.
    [[nodiscard]] task<> run();

    [[nodiscard]] std::optional<stream>& winner() noexcept { return winner_; }

    /// Why nobody has won: the first attempt's error, and a text that has all of them, but for what
    /// `target` and the error say.
    [[nodiscard]] std::error_code error() const noexcept { return attempts_.front().error; }
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
    event ended_;  // an attempt, since the last one began
    std::optional<stream> winner_;
};

}  // namespace ringlet::detail
