// How a server serves, for each `concurrency`.

#include "dedicated_threads.hpp"
#include "deadline_or_never.hpp"
#include "executor.hpp"
#include "leave_stopping_to_parent.hpp"
#include "request_children.hpp"
#include "request_source.hpp"
#include "server_records.hpp"
#include "session.hpp"
#include "sharing_threads.hpp"
#include "worker_children.hpp"
#include "worker_count.hpp"
#include "worker_threads.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/server/server.hpp>

#include <algorithm>

namespace ringlet {

namespace {

bool workers_take_requests(const server_options& options) noexcept {
    return options.concurrency == concurrency::forks ||
           (options.concurrency == concurrency::threads &&
            options.to_workers == server_options::hand_over::reuse_port);
}

task<> nothing() {
    co_return;
}

}  // namespace

/// For requests that are taken here, in the loop that serves.
std::unique_ptr<executor> server::make_executor() {
    loop& here = loop::require_current("serve");
    const auto at_most = [&](std::size_t limit) {
        return std::min(limit, options_.max_connections);
    };
    switch (options_.concurrency) {
    case concurrency::threads:
        return std::make_unique<worker_threads>(here, options_.max_connections,
                                                worker_count(options_), options_.pin_workers,
                                                options_.loop);
    case concurrency::thread_per_request:
        return std::make_unique<dedicated_threads>(here, at_most(options_.max_threads),
                                                   options_.loop);
    case concurrency::forks:  // one request of a pool's
    case concurrency::fork_per_request:
        return std::make_unique<request_children>(
            here, at_most(options_.max_children), options_, records_->children,
            [this](std::size_t slot) { enter_child(slot); }, shutdown_.native_handle());
    default:
        return std::make_unique<executor>(here, options_.max_connections);
    }
}

/// Workers that take requests themselves.
std::unique_ptr<workload> server::make_workers() {
    loop& here = loop::require_current("serve");
    if (options_.concurrency == concurrency::forks)
        return std::make_unique<worker_children>(
            here, worker_count(options_), options_, records_->children,
            [this](std::size_t slot, shutdown_signal& requested) {
                enter_child(slot);
                return serve_alone(listening_, requested);
            },
            std::vector{listening_.native_handle(), shutdown_.native_handle()});
    std::vector<bound_socket> others;
    while (others.size() + 1 < worker_count(options_))
        others.push_back(open_another());
    return std::make_unique<sharing_threads>(
        here, listening_, std::move(others), options_.pin_workers, options_.loop,
        [this](bound_socket& from, shutdown_signal& requested) {
            return serve_alone(from, requested);
        });
}

void server::enter_child(std::size_t slot) noexcept {
    child_slot_ = slot;
    leave_stopping_to_parent();
}

rate_limit server::accept_rate() const {
    rate_limit share = options_.accept_rate;
    if (workers_take_requests(options_)) {
        const std::size_t count = worker_count(options_);
        share.per_second /= static_cast<double>(count);
        share.burst = (share.burst + count - 1) / count;
    }
    return share;
}

task<> server::serve_until_shutdown() {
    if (workers_take_requests(options_)) {
        const std::unique_ptr<workload> workers = make_workers();
        co_await serve_session(nothing(), *workers, shutdown_, options_.drain_timeout);
    } else {
        const std::unique_ptr<executor> handled_by = make_executor();
        co_await serve_session(take_all(listening_, *handled_by), *handled_by, shutdown_,
                               options_.drain_timeout);
    }
}

/// In a worker: as one of several who have an equal share of the connections.
task<> server::serve_alone(bound_socket& from, shutdown_signal& requested) {
    const std::size_t count = worker_count(options_);
    executor handled_by(loop::require_current("serve"),
                        (options_.max_connections + count - 1) / count);
    co_await serve_session(take_all(from, handled_by), handled_by, requested,
                           options_.drain_timeout);
}

task<bool> server::serve_one() {
    const std::unique_ptr<executor> handled_by = make_executor();
    bool timed_out = false;
    co_await serve_session(take_one(*handled_by, timed_out), *handled_by, shutdown_,
                           options_.drain_timeout);
    co_return !timed_out;
}

/// Until it is cancelled, or has taken one request, if no more are wanted.
task<> server::take_requests(bound_socket& from, executor& handled_by, amount wanted) {
    // Not where it would be kept from those who can handle it: another process, or the next one to
    // serve.
    const bool ahead = wanted == amount::all && options_.concurrency != concurrency::forks &&
                       options_.concurrency != concurrency::fork_per_request;
    const std::unique_ptr<request_source> source = open_source(from, ahead);
    token_bucket rate(accept_rate());
    std::exception_ptr end;
    try {
        do {
            if (!handled_by.has_room()) {
                counter_slot::count(counted().accept_pauses);
                co_await handled_by.wait_for_room();
            }
            co_await rate.take();
            co_await source->take(handled_by);
            request_taken();
        } while (wanted == amount::all);
    } catch (...) {
        end = std::current_exception();
    }
    co_await source->stop(handled_by);
    if (end)
        std::rethrow_exception(end);
}

task<> server::take_one(executor& handled_by, bool& timed_out) {
    const cancel_scope patience(
        deadline_or_never(loop::require_current("serve").now(), options_.timeout));
    try {
        co_await take_requests(listening_, handled_by, amount::one);
    } catch (const std::system_error& error) {
        if (patience.reason() != std::errc::timed_out || error.code() != std::errc::timed_out)
            throw;
        timed_out = true;
    }
}

task<> server::take_all(bound_socket& from, executor& handled_by) {
    task_group group;
    group.spawn(take_requests(from, handled_by, amount::all));
    if (options_.service_interval > options_.service_interval.zero())
        group.spawn(call_service_actions());
    co_await group.join();
}

task<> server::call_service_actions() {
    interval ticks(options_.service_interval);
    for (;;) {
        co_await ticks.tick();
        request_taken();
    }
}

}  // namespace ringlet
