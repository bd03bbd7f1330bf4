#include "coro/detail/detached.hpp"
#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/for_one_request.hpp"
#include "server/detail/fork_server_child.hpp"
#include "server/detail/kill_timer.hpp"
#include "server/detail/pidfd.hpp"
#include "server/detail/serving_period.hpp"
#include "server/detail/shortage.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>

namespace ringlet::detail {

namespace {

// These two throw nothing when they are cancelled: the first exception of a process touches some
// twenty pages, and in a child each of them is a page fault.

task<> cancel_when_told(const shutdown_signal& signal, task_group& requests) {
    std::error_code no_longer_awaited;
    co_await poll_operation(loop_core::require_current("serve"), signal.native_handle(), POLLIN,
                            no_longer_awaited);
    if (!no_longer_awaited)
        requests.cancel();
}

task<> cancel_when_orphaned(task_group& requests) {
    std::error_code no_longer_awaited;
    co_await child_process::parent_gone(no_longer_awaited);
    if (!no_longer_awaited)
        requests.cancel();
}

/// Has each request handled in a child process, which ends with the request.
class dispatcher_to_children final : public bounded_dispatcher {
public:
    dispatcher_to_children(loop& owner, std::size_t running_max, const serving_period& period)
        : bounded_dispatcher(owner, running_max, period, place::elsewhere), period_(period),
          loop_options_(for_one_request(period.options().loop)),
          kill_timer_(owner, [this] { kill_all(); }) {}

    /// Cancels the requests. Children that go on all the same are killed after `kill_timeout`.
    void cancel() override {
        bounded_dispatcher::cancel();
        cancelled_.request(std::chrono::nanoseconds::zero());
        kill_timer_.start(period_.options().kill_timeout);
    }

private:
    /// A child that has not ended yet.
    struct running_child : list_hook {
        explicit running_child(child_process forked) : process(std::move(forked)) {}

        child_process process;
    };

    void start(dispatched_request& request) override {
        std::exception_ptr failure;
        const shield shield_guard(owner());  // the wait for the child's end is not cancelled
        fork_and_await_end(request, failure);
        if (failure)
            std::rethrow_exception(failure);
    }

    // Has its frame before it forks, so that no child is left that nobody awaits. The parent keeps
    // the permit here. The child has a copy, which no other process counts.
    detached fork_and_await_end(dispatched_request& request, std::exception_ptr& failure) {
        child_accounts& accounts = period_.records().children;
        const std::size_t slot = accounts.open();
        std::optional<running_child> child;
        try {
            child.emplace(
                fork_server_child([&] { return run_in_child(slot, std::move(request.handling)); },
                                  {request.descriptor, period_.shutdown().native_handle(),
                                   cancelled_.native_handle()}));
        } catch (...) {
            accounts.cancel(slot);
            failure = std::current_exception();
            co_return;
        }
        accounts.started();
        request.handling = {};  // the child has the connection
        const peer_limit::permit permit = std::move(request.permit);
        children_.push_back(*child);
        std::error_code error;
        const exit_status status = co_await child->process.wait(error);
        accounts.ended(slot, child->process.pid(), status);
        child->unlink();
        ended();
    }

    int run_in_child(std::size_t slot, task<> handling) {
        period_.enter_child(slot);
        cancelled_.enter_child();
        const std::unique_ptr<loop> child_loop = make_loop_in_child();
        block_on(*child_loop, handle_in_child(std::move(handling)));
        return 0;
    }

    // The child has the request, and so the child tries again where the system is short of
    // something. It gives up when it is told to cancel the request, or when its parent has gone.
    std::unique_ptr<loop> make_loop_in_child() {
        const listener_options& pauses = period_.options().listening;
        for (auto pause = pauses.overload_pause_first;;
             pause = std::min(2 * pause, pauses.overload_pause_max)) {
            try {
                return std::make_unique<loop>(loop_options_);
            } catch (...) {
                const std::error_code shortage = shortage_in(std::current_exception());
                if (!shortage || cancelled_.requested() || child_process::is_orphan())
                    throw;
                if (pause == pauses.overload_pause_first)
                    period_.overloaded(shortage, pause);
            }
            std::this_thread::sleep_for(pause);
        }
    }

    // A child whose parent has gone stops by itself.
    task<> handle_in_child(task<> handling) {
        joinable_task_group requests;
        joinable_task_group watch;
        requests.spawn(std::move(handling));
        watch.spawn(cancel_when_told(cancelled_, requests));
        watch.spawn(cancel_when_orphaned(requests));
        std::exception_ptr failure;
        try {
            co_await requests.join();
        } catch (...) {
            failure = std::current_exception();
        }
        watch.cancel();
        co_await watch.join();
        if (failure)
            std::rethrow_exception(failure);
    }

    void kill_all() noexcept {
        children_.for_each([](running_child& child) { child.process.kill(SIGKILL); });
    }

    const serving_period& period_;
    const loop_options loop_options_;
    shutdown_signal cancelled_;  // every child sees it, and no child acknowledges it
    intrusive_list<running_child> children_;
    kill_timer kill_timer_;
};

/// A child process for each request. The serving process accepts the request, and forks.
class fork_per_request_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        require_pidfds();
        dispatcher_to_children handlers(loop::require_current("serve"),
                                        children_max(period.options()), period);
        co_await period.serve(handlers, receiving::one_by_one);
    }

    std::size_t children_max(const server_options& options) const override {
        return std::min(options.max_children, options.max_connections);
    }
};

}  // namespace

const concurrency_model& concurrency_by_fork_per_request() noexcept {
    static const fork_per_request_model model;
    return model;
}

}  // namespace ringlet::detail
