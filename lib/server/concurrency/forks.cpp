#include "net/detail/handshakes.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/drainable.hpp"
#include "server/detail/fork_server_child.hpp"
#include "server/detail/kill_timer.hpp"
#include "server/detail/serving_period.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace ringlet::detail {

namespace {

task<> request_when_orphaned(shutdown_signal& requested, std::chrono::nanoseconds grace) {
    co_await child_process::parent_gone();
    requested.request(grace);
}

/// Child processes that accept by themselves, from a socket that all share. A child that ends is
/// replaced, after a pause that grows while children end young.
class accepting_children final : public drainable {
public:
    /// Forks the children. Throws as child_process::fork.
    explicit accepting_children(const serving_period& period)
        : owner_(loop::require_current("serve")), period_(period),
          kill_timer_(owner_, [this] { kill_all(); }), supervision_(owner_) {
        const std::size_t count = worker_count(options());
        for (std::size_t i = 0; i < count; ++i) {
            workers_.push_back(std::make_unique<worker>());
            fork(*workers_.back());
        }
        for (const std::unique_ptr<worker>& member : workers_)
            supervision_.spawn(supervise(*member));
    }

    /// The children take the backlog among themselves; the first one that finds it empty ends the
    /// listening for all. Where it is empty already this process does so, since every child may be
    /// busy.
    void drain(loop::clock::time_point deadline) override {
        const auto grace = std::max(deadline - owner_.now(), loop::clock::duration::zero());
        for (const std::unique_ptr<worker>& member : workers_)
            member->requested.request(grace);
        if (!std::exchange(draining_, true))
            supervision_.spawn(close_door());
        supervision_.cancel();  // wakes the supervisors that sleep before they fork another child
    }

    /// Starts the timer that kills the children which still run after `kill_timeout`.
    void cancel() override { kill_timer_.start(options().kill_timeout); }

    task<> join() override { co_await supervision_.join(); }

private:
    struct worker {
        shutdown_signal requested;
        std::size_t slot = 0;
        std::optional<child_process> child;
    };

    [[nodiscard]] const server_options& options() const noexcept { return period_.options(); }
    [[nodiscard]] child_accounts& accounts() const noexcept { return period_.records().children; }

    void fork(worker& forked) {
        forked.requested.reset();  // one that could not accept has asked itself to stop
        forked.slot = accounts().open();
        try {
            forked.child = fork_server_child([&] { return run_in_child(forked); },
                                             {period_.listening().native_handle(),
                                              period_.shutdown().native_handle(),
                                              forked.requested.native_handle()});
            accounts().started();
        } catch (...) {
            accounts().cancel(forked.slot);
            throw;
        }
    }

    int run_in_child(worker& self) {
        period_.enter_child(self.slot);
        self.requested.enter_child();
        loop child_loop(options().loop);
        block_on(child_loop, serve_in_child(self));
        return 0;
    }

    // A child whose parent has gone stops by itself.
    task<> serve_in_child(worker& self) {
        joinable_task_group watch;
        watch.spawn(request_when_orphaned(self.requested, options().drain_timeout));
        std::exception_ptr failure;
        try {
            co_await period_.serve_share(period_.listening(), self.requested, workers_max(),
                                         receiving::one_by_one);
        } catch (...) {
            failure = std::current_exception();
        }
        watch.cancel();
        co_await watch.join();
        if (failure && !child_process::is_orphan())  // another orphan has ended the listening
            std::rethrow_exception(failure);
    }

    [[nodiscard]] std::size_t workers_max() const { return worker_count(options()); }

    task<> supervise(worker& supervised) {
        std::chrono::milliseconds pause = options().restart_pause_first;
        while (!draining_) {
            const auto begin = owner_.now();
            if (supervised.child)
                co_await end_of(supervised);
            if (draining_)
                break;
            if (owner_.now() - begin >= options().restart_pause_max)
                pause = options().restart_pause_first;
            std::error_code draining;
            co_await sleep_for(pause, draining);
            if (draining_ || draining)
                break;
            pause = std::min(2 * pause, options().restart_pause_max);
            try {
                fork(supervised);
            } catch (const std::exception& error) {
                log(log_level::error, "a child process could not be replaced",
                    {{"error", error.what()}, {"next_try_ms", pause.count()}});
            }
        }
    }

    task<> end_of(worker& ending) {
        const shield shield_guard(owner_);
        std::error_code error;
        const exit_status status = co_await ending.child->wait(error);
        accounts().ended(ending.slot, ending.child->pid(), status);
        ending.child.reset();
    }

    // The children answer datagrams through copies of the socket.
    task<> close_door() {
        const shield shield_guard(owner_);
        bound_socket& listening = period_.listening();
        if (listening.refuse_clients())
            co_await end_of_handshakes(listening);
        if (listening.is_listening() && !listening.has_backlog())
            listening.stop_listening();
        period_.close_listening();
    }

    void kill_all() {
        for (const std::unique_ptr<worker>& member : workers_)
            if (member->child)
                member->child->kill(SIGKILL);
    }

    loop& owner_;
    const serving_period& period_;
    std::vector<std::unique_ptr<worker>> workers_;
    bool draining_ = false;
    kill_timer kill_timer_;
    joinable_task_group supervision_;
};

/// A pool of child processes, which the server forks when serving begins and which accept by
/// themselves.
class forks_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        accepting_children workers(period);
        co_await period.supervise(workers);
    }

    // `handle_request` forks a child for its one request.
    std::size_t children_max(const server_options& options) const override {
        return std::max(worker_count(options), options.max_children);
    }
};

}  // namespace

const concurrency_model& concurrency_in_forks() noexcept {
    static const forks_model model;
    return model;
}

}  // namespace ringlet::detail
