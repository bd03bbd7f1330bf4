#include "worker_children.hpp"
#include "fork_server_child.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>

namespace ringlet::detail {

namespace {

task<> request_when_orphaned(shutdown_signal& requested, std::chrono::nanoseconds grace) {
    co_await child_process::parent_gone();
    requested.request(grace);
}

}  // namespace

worker_children::worker_children(loop& owner, std::size_t count, const server_options& options,
                                 child_accounts& accounts, serving serve, std::vector<int> shared)
    : owner_(owner), options_(options), accounts_(accounts), serve_(std::move(serve)),
      shared_(std::move(shared)), late_(owner, [this] { kill_all(); }), supervision_(owner) {
    for (std::size_t i = 0; i < count; ++i) {
        workers_.push_back(std::make_unique<worker>());
        begin(*workers_.back());
    }
    for (const std::unique_ptr<worker>& each : workers_)
        supervision_.spawn(supervise(*each));
    supervision_.spawn(end_if_cancelled());
}

void worker_children::begin(worker& one) {
    one.slot = accounts_.open();
    try {
        std::vector<int> keep = shared_;
        keep.push_back(one.requested.native_handle());
        one.child = fork_server_child([&] { return run_in_child(one); }, keep);
        accounts_.started();
    } catch (...) {
        accounts_.cancel(one.slot);
        throw;
    }
}

int worker_children::run_in_child(worker& self) {
    loop own(options_.loop);
    block_on(own, serve_in_child(self));
    return 0;
}

// Where nobody is left to replace it or to tell it when to stop, it stops.
task<> worker_children::serve_in_child(worker& self) {
    task_group watch;
    watch.spawn(request_when_orphaned(self.requested, options_.drain_timeout));
    co_await serve_(self.slot, self.requested);
    watch.cancel();
    co_await watch.join();
}

task<> worker_children::supervise(worker& one) {
    std::chrono::milliseconds pause = options_.restart_pause_first;
    while (!draining_) {
        const auto began = owner_.now();
        if (one.child)
            co_await end_of(one);
        if (draining_)
            break;
        if (owner_.now() - began >= options_.restart_pause_max)
            pause = options_.restart_pause_first;
        std::error_code draining;
        co_await sleep_for(pause, draining);
        if (draining_ || draining)
            break;
        pause = std::min(2 * pause, options_.restart_pause_max);
        try {
            begin(one);
        } catch (const std::exception& error) {
            log(log_level::error, "a child process could not be replaced",
                {{"error", error.what()}, {"next_try_ms", std::to_string(pause.count())}});
        }
    }
}

task<> worker_children::end_of(worker& one) {
    const shield uncancelled(owner_);
    std::error_code error;
    const exit_status status = co_await one.child->wait(error);
    accounts_.ended(one.slot, one.child->pid(), status);
    one.child.reset();
}

task<> worker_children::end_if_cancelled() {
    event never;
    std::error_code cancelled;
    co_await never.wait(cancelled);
    if (draining_)
        co_return;
    drain(owner_.now());
    cancel();
}

void worker_children::drain(loop::clock::time_point deadline) {
    draining_ = true;
    supervision_.cancel();  // those that sleep before they make another child
    const auto grace = std::max(deadline - owner_.now(), loop::clock::duration::zero());
    for (const std::unique_ptr<worker>& each : workers_)
        each->requested.request(grace);
}

void worker_children::kill_all() {
    for (const std::unique_ptr<worker>& each : workers_)
        if (each->child)
            each->child->kill(SIGKILL);
}

}  // namespace ringlet::detail
