#include "request_children.hpp"
#include "coro/detail/detached.hpp"
#include "for_one_request.hpp"
#include "fork_server_child.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>

namespace ringlet::detail {

namespace {

task<> cancel_when_told(shutdown_signal& told, executor& cancelled) {
    co_await poll_operation(loop_core::require_current("serve"), told.native_handle(), POLLIN);
    cancelled.cancel();
}

task<> cancel_when_orphaned(executor& cancelled) {
    co_await child_process::parent_gone();
    cancelled.cancel();
}

}  // namespace

/// One that has not ended, as long as that is so.
class request_children::child : public list_hook {
public:
    explicit child(child_process made) : process(std::move(made)) {}

    child_process process;
};

request_children::request_children(loop& owner, std::size_t running_max,
                                   const server_options& options, child_accounts& accounts,
                                   std::function<void(std::size_t slot)> enter, int shared)
    : executor(owner, running_max), loop_options_(for_one_request(options.loop)),
      kill_timeout_(options.kill_timeout), accounts_(accounts), enter_(std::move(enter)),
      shared_(shared), late_(owner, [this] { kill_all(); }) {}

request_children::~request_children() = default;

void request_children::start(accepted_request request) {
    const std::size_t slot = accounts_.open();
    try {
        child_process made =
            fork_server_child([&] { return run_in_child(slot, std::move(request.handling)); },
                              {request.descriptor, shared_, cancelled_.native_handle()});
        accounts_.started();
        const shield uncancelled(owner());  // in which await_end begins, and so goes on
        await_end(std::move(made), slot, std::move(request.place));
    } catch (...) {
        accounts_.cancel(slot);
        throw;
    }
}

int request_children::run_in_child(std::size_t slot, task<> handling) {
    enter_(slot);
    loop own(loop_options_);
    block_on(own, handle_in_child(std::move(handling)));
    return 0;
}

// Where nobody is left to tell it when to stop, it stops.
task<> request_children::handle_in_child(task<> handling) {
    executor one(loop::require_current("serve"), 1);
    task_group watch;
    one.spawn({.handling = std::move(handling)});
    watch.spawn(cancel_when_told(cancelled_, one));
    watch.spawn(cancel_when_orphaned(one));
    co_await one.join();
    watch.cancel();
    co_await watch.join();
}

// The place is kept here: what the child has of it is a copy.
detached request_children::await_end(child_process made, std::size_t slot,
                                     peer_limit::place /*place*/) {
    child self(std::move(made));
    running_.push_back(self);
    std::error_code error;
    const exit_status status = co_await self.process.wait(error);
    accounts_.ended(slot, self.process.pid(), status);
    self.unlink();
    ended();
}

void request_children::cancel() {
    executor::cancel();
    cancelled_.request(std::chrono::nanoseconds::zero());
    late_.start(kill_timeout_);
}

void request_children::kill_all() noexcept {
    running_.for_each([](child& each) { each.process.kill(SIGKILL); });
}

}  // namespace ringlet::detail
