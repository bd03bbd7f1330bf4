#include "serve_until_shutdown.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>

#include <algorithm>

namespace ringlet::detail {

namespace {

/// Waits for the end of a task_group or a drainable, and yields the exception that it ended with,
/// for a caller that has more to clean up.
template <class Joined>
task<std::exception_ptr> outcome(Joined& ending) {
    try {
        co_await ending.join();
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

task<> enforce_shutdown(shutdown_signal& requested, task_group& accepting, drainable& running) {
    loop& serving_loop = loop::require_current("serve");
    do {  // a wake-up may be left over from a request that has been carried out
        co_await poll_operation(serving_loop.core(), requested.native_handle(), POLLIN);
        requested.acknowledge();
    } while (!requested.requested());
    accepting.cancel();
    auto deadline = loop::clock::time_point::max();
    for (std::error_code error; !error;) {
        requested.acknowledge();
        deadline = std::min(deadline, serving_loop.now() + requested.grace());
        running.drain(deadline);
        const cancel_scope time_limit(deadline);
        // Another request, which may have a shorter grace, ends the wait early.
        co_await poll_operation(serving_loop.core(), requested.native_handle(), POLLIN, error);
        if (error == std::errc::timed_out)
            running.cancel();
    }
}

}  // namespace

task<> serve_until_shutdown(task<> accepting, drainable& running, shutdown_signal& requested,
                            std::chrono::nanoseconds failure_grace) {
    joinable_task_group requests;
    joinable_task_group watch;
    requests.spawn(std::move(accepting));
    watch.spawn(enforce_shutdown(requested, requests, running));
    const std::exception_ptr failure = co_await outcome(requests);
    if (failure)
        requested.request(failure_grace);
    const std::exception_ptr failure_of_running = co_await outcome(running);
    watch.cancel();
    co_await outcome(watch);
    if (failure)
        std::rethrow_exception(failure);
    if (failure_of_running)
        std::rethrow_exception(failure_of_running);
}

}  // namespace ringlet::detail
