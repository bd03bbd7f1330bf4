#include "bounded_dispatcher.hpp"
#include "coro/detail/detached.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

namespace ringlet::detail {

void bounded_dispatcher::start_here(task<> handling, peer_limit::permit permit) {
    const entered_scope scope_guard(owner_.core(), scope_);
    handle(std::move(handling), std::move(permit));
}

detached bounded_dispatcher::handle(task<> handling, peer_limit::permit /*permit*/) {
    co_await std::move(handling);
    ended();
}

void bounded_dispatcher::ended() noexcept {
    const std::size_t still_running = running_.fetch_sub(1) - 1;
    std::size_t awaited = awaited_below_.load();
    if (still_running < awaited && awaited_below_.compare_exchange_strong(awaited, 0))
        owner_.core().post(wake_up_);
}

bool bounded_dispatcher::stop_waiting(std::size_t count) noexcept {
    return awaited_below_.compare_exchange_strong(count, 0);
}

// Exactly one thread sets awaited_below_ back to 0. If the owner does it, the owner goes on. If a
// thread does it whose request has ended, that thread posts the wake-up, for which the owner must
// wait.
task<> bounded_dispatcher::wait_until_below(std::size_t count) {
    while (running_ >= count) {
        wake_up_.woken().reset();
        awaited_below_ = count;
        if (running_ < count && stop_waiting(count))
            break;
        std::error_code cancelled;
        co_await wake_up_.woken().wait(cancelled);
        if (!cancelled)
            continue;
        if (!stop_waiting(count)) {
            const shield last_wait(owner_);
            co_await wake_up_.woken().wait();
        }
        throw std::system_error(cancelled, "waiting for the end of a request");
    }
}

task<> bounded_dispatcher::join() {
    bool cancelled = false;
    try {
        co_await wait_until_below(1);
    } catch (const std::system_error&) {
        cancelled = true;
    }
    if (cancelled) {
        cancel();
        const shield last_wait(owner_);
        co_await wait_until_below(1);
    }
}

}  // namespace ringlet::detail
