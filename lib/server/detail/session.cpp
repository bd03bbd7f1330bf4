#include "session.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/detail/poll_operation.hpp>

#include <algorithm>

namespace ringlet::detail {

namespace {

/// Waits for a group and gives the exception it ended with, for those who have more to clean up.
task<std::exception_ptr> outcome(task_group& group) {
    try {
        co_await group.join();
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

task<> enforce_shutdown(shutdown_signal& requested, task_group& taking, workload& work) {
    loop& here = loop::require_current("serve");
    do {  // a wake-up may be left over from a request that has been carried out
        co_await poll_operation(here.core(), requested.native_handle(), POLLIN);
        requested.acknowledge();
    } while (!requested.requested());
    taking.cancel();
    auto deadline = loop::clock::time_point::max();
    for (std::error_code error; !error;) {
        requested.acknowledge();
        deadline = std::min(deadline, here.now() + requested.grace());
        work.drain(deadline);
        const cancel_scope patience(deadline);
        // A request for less time ends the wait early.
        co_await poll_operation(here.core(), requested.native_handle(), POLLIN, &error);
        if (error == std::errc::timed_out)
            work.cancel();
    }
}

}  // namespace

task<> serve_session(task<> taking, workload& work, shutdown_signal& requested,
                     std::chrono::nanoseconds otherwise) {
    task_group requests;
    task_group watch;
    requests.spawn(std::move(taking));
    watch.spawn(enforce_shutdown(requested, requests, work));
    const std::exception_ptr failure = co_await outcome(requests);
    if (failure)
        requested.request(otherwise);  // what there is has its time to end
    co_await work.join();
    watch.cancel();
    co_await outcome(watch);
    if (failure)
        std::rethrow_exception(failure);
}

}  // namespace ringlet::detail
