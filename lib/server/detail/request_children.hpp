#pragma once

#include "child_accounts.hpp"
#include "executor.hpp"
#include "kill_timer.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server_options.hpp>

#include <functional>

namespace ringlet::detail {

/// Each request in a child process of its own.
class request_children final : public executor {
public:
    /// `enter` is called in each child, with the slot of the counters that is its own. `shared` is
    /// the descriptor of what every child needs. Throws std::system_error.
    request_children(loop& owner, std::size_t running_max, const server_options& options,
                     child_accounts& accounts, std::function<void(std::size_t slot)> enter,
                     int shared);
    ~request_children() override;

    [[nodiscard]] bool in_this_loop() const noexcept override { return false; }

    /// Children that go on all the same are killed after `kill_timeout`.
    void cancel() override;

private:
    class child;

    void start(accepted_request request) override;
    int run_in_child(std::size_t slot, task<> handling);
    task<> handle_in_child(task<> handling);
    detached await_end(child_process made, std::size_t slot, peer_limit::place place);
    void kill_all() noexcept;

    const loop_options loop_options_;
    const std::chrono::milliseconds kill_timeout_;
    child_accounts& accounts_;
    std::function<void(std::size_t)> enter_;
    int shared_;
    shutdown_signal cancelled_;  // seen by every child, and acknowledged by none
    intrusive_list<child> running_;
    kill_timer late_;
};

}  // namespace ringlet::detail
