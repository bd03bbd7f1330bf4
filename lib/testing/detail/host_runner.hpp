#pragma once

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/testing/simulated_host.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace ringlet::testing::detail {

class node;
class world;

/// A coroutine that waits for tasks to end, perhaps on another host, in a loop of its own.
struct waiting_for_end {
    ringlet::loop* waiter;
    std::shared_ptr<event> ended;
};

struct spawned_state {
    bool ended = false;
    std::vector<waiting_for_end> waiting{};
};

/// What runs on a simulated host: its loop, and the tasks in it.
class host_runner {
public:
    host_runner(world& owner, node& home);
    host_runner(const host_runner&) = delete;
    host_runner& operator=(const host_runner&) = delete;

    /// Ends the loop. Where tasks are left, it and they are abandoned: the simulation has failed.
    ~host_runner();

    [[nodiscard]] node& home() const noexcept { return home_; }
    [[nodiscard]] world& owner() const noexcept { return world_; }
    [[nodiscard]] ringlet::loop& loop() noexcept { return inside_->own_loop; }
    [[nodiscard]] simulated_host& handle() noexcept { return handle_; }

    spawned_task spawn(task<> work);
    void cancel();

    /// How many tasks run, or are about to begin.
    [[nodiscard]] std::size_t running() const noexcept { return running_; }

    [[nodiscard]] task<> stop();
    void start();

private:
    struct interior {
        ringlet::loop own_loop;
        ringlet::detail::joinable_task_group tasks{own_loop};
    };

    [[nodiscard]] std::unique_ptr<interior> make_interior();
    task<> run(task<> work, std::shared_ptr<spawned_state> state);
    void ended(spawned_state& state);

    world& world_;
    node& home_;
    std::unique_ptr<interior> inside_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<waiting_for_end> waiting_for_all_;
    simulated_host handle_{*this};
};

}  // namespace ringlet::testing::detail
