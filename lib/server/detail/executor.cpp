#include "executor.hpp"
#include "coro/detail/detached.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/coro/shield.hpp>

namespace ringlet::detail {

namespace {

// Used only by the functions of this file, between two suspensions.
thread_local executor::taking* innermost = nullptr;

}  // namespace

executor::taking::taking(executor& handling, peer_limit::place place,
                         counter_slot::counter& refused) noexcept
    : handling_(handling), place_(std::move(place)), refused_(refused),
      outer_(std::exchange(innermost, this)) {}

executor::taking::~taking() {
    innermost = outer_;
    if (!handed_over_)
        counter_slot::count(refused_);
}

executor::taking& executor::taking::current() {
    check(innermost != nullptr, "process_request was called from outside; it is for the server to "
                                "call, and for those who override it");
    return *innermost;
}

void executor::taking::hand_over(accepted_request request) {
    request.place = std::move(place_);
    handling_.spawn(std::move(request));
    handed_over_ = true;
}

template <class Start>
void executor::count(Start start) {
    running_.fetch_add(1);
    try {
        start();
    } catch (...) {
        ended();
        throw;
    }
}

void executor::spawn(accepted_request request) {
    count([&] { start(std::move(request)); });
}

void executor::spawn_here(accepted_request request) {
    count([&] { start_here(std::move(request)); });
}

void executor::start_here(accepted_request request) {
    const entered_scope inside(owner_.core(), scope_);
    run_here(std::move(request));
}

detached executor::run_here(accepted_request request) {
    co_await std::move(request.handling);
    ended();
}

void executor::ended() noexcept {
    const std::size_t left = running_.fetch_sub(1) - 1;
    std::size_t awaited = awaited_below_.load();
    if (left < awaited && awaited_below_.compare_exchange_strong(awaited, 0))
        owner_.core().post(news_);
}

bool executor::stop_waiting(std::size_t count) noexcept {
    return awaited_below_.compare_exchange_strong(count, 0);
}

// Whoever sets awaited_below_ back to 0 decides: the owner, which then goes on, or the one whose
// request has ended, which then has posted news that the owner must wait for.
task<> executor::wait_until_below(std::size_t count) {
    while (running_ >= count) {
        news_.heard().reset();
        awaited_below_ = count;
        if (running_ < count && stop_waiting(count))
            break;
        std::error_code cancelled;
        co_await news_.heard().wait(cancelled);
        if (!cancelled)
            continue;
        if (!stop_waiting(count)) {
            const shield uncancelled(owner_);
            co_await news_.heard().wait();
        }
        throw std::system_error(cancelled, "waiting for the end of a request");
    }
}

task<> executor::join() {
    bool cancelled = false;
    try {
        co_await wait_until_below(1);
    } catch (const std::system_error&) {
        cancelled = true;
    }
    if (cancelled) {
        cancel();
        const shield uncancelled(owner_);
        co_await wait_until_below(1);
    }
}

}  // namespace ringlet::detail
