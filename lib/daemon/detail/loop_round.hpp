#pragma once

#include <ringlet/loop/loop.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace ringlet::daemon::detail {

/// A question to the other loops of this process, which each of them answers in its own thread, in
/// its next turn: one that hangs does not.
///
/// One thread, which runs a loop itself.
class loop_round {
public:
    /// Has `question` called in each loop that runs in another thread; with `shared` only in those
    /// which the requests of many share. It is called in several threads at a time, and lives until
    /// all have answered. What it throws goes to the log. Throws std::bad_alloc.
    explicit loop_round(const std::function<void(loop&)>& question, bool shared = false);

    /// How many of them have neither answered nor ended so far.
    [[nodiscard]] std::size_t missing() const noexcept;

private:
    using question = const std::function<void(loop&)>;

    std::shared_ptr<question> question_;  // one more owner for each that has not answered
};

}  // namespace ringlet::daemon::detail
