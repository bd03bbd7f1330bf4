#pragma once

#include "child_accounts.hpp"
#include "kill_timer.hpp"
#include "workload.hpp"

#include <ringlet/coro/task_group.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server_options.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace ringlet::detail {

/// A pool of child processes, each of which serves by itself, from the socket that all share. One
/// that ends is replaced, after a pause that grows while they end young.
class worker_children final : public workload {
public:
    /// Serves, in a child, until a shutdown is requested.
    using serving = std::function<task<>(std::size_t slot, shutdown_signal& requested)>;

    /// Makes `count` children. Each keeps the descriptors `shared`. Throws as child_process::fork.
    worker_children(loop& owner, std::size_t count, const server_options& options,
                    child_accounts& accounts, serving serve, std::vector<int> shared);

    void drain(loop::clock::time_point deadline) override;

    /// Children that go on all the same are killed after `kill_timeout`.
    void cancel() override { late_.start(options_.kill_timeout); }

    task<> join() override { co_await supervision_.join(); }

private:
    struct worker {
        shutdown_signal requested;
        std::size_t slot = 0;
        std::optional<child_process> child;
    };

    void begin(worker& one);
    int run_in_child(worker& self);
    task<> serve_in_child(worker& self);
    task<> supervise(worker& one);
    task<> end_of(worker& one);
    task<> end_if_cancelled();
    void kill_all();

    loop& owner_;
    const server_options options_;
    child_accounts& accounts_;
    serving serve_;
    std::vector<int> shared_;
    std::vector<std::unique_ptr<worker>> workers_;
    bool draining_ = false;
    kill_timer late_;
    task_group supervision_;
};

}  // namespace ringlet::detail
