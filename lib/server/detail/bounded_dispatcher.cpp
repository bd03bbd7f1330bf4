#include "bounded_dispatcher.hpp"
#include "coro/detail/detached.hpp"
#include "shortage.hpp"

#include <ringlet/coro/detail/entered_scope.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

namespace ringlet::detail {

bounded_dispatcher::~bounded_dispatcher() {
    owner_.core().timers().disarm(retry_);
}

void bounded_dispatcher::dispatch(job& accepted) {
    if (cancelled()) {
        context_.report_refused(nullptr, accepted.client_address());
        return;
    }
    if (handled_ == place::here && has_room() && begin_here(accepted))
        return;
    const int descriptor = accepted.descriptor();
    dispatched_request request{handled_ == place::here ? accepted.handle_here()
                                                       : accepted.handle_elsewhere(),
                               descriptor, accepted.take_permit(), accepted.client_address()};
    if (has_room() && try_start(request))
        return;
    kept_.push_back(std::move(request));
    update();
}

/// Begins a request without a task, where its kind can do so and there is memory for it.
bool bounded_dispatcher::begin_here(job& accepted) noexcept {
    const entered_scope scope_guard(owner_.core(), scope_);
    try {
        return accepted.begin_here(*this);
    } catch (const std::bad_alloc&) {
        return false;  // as a task it is kept until there is memory
    }
}

void bounded_dispatcher::run_aside(task<> work) {
    const entered_scope scope_guard(owner_.core(), scope_);
    handle_aside(std::move(work));
}

detached bounded_dispatcher::handle_aside(task<> work) {
    ++running_aside_;
    co_await std::move(work);
    --running_aside_;
    update();
}

void bounded_dispatcher::start(dispatched_request& request) {
    const entered_scope scope_guard(owner_.core(), scope_);
    handle(request);
}

// Takes the request from the caller only once it has a frame, so that it is not lost for lack of
// memory.
detached bounded_dispatcher::handle(dispatched_request& request) {
    {
        const peer_limit::permit permit = std::move(request.permit);
        co_await std::exchange(request.handling, {});
    }
    ended();
}

void bounded_dispatcher::count_and_start(dispatched_request& request) {
    running_.fetch_add(1);
    try {
        start(request);
    } catch (...) {
        ended();
        throw;
    }
}

/// Starts a request. Returns whether it could; if not, the request is as before, and the next
/// attempt is due after a pause.
bool bounded_dispatcher::try_start(dispatched_request& request) {
    try {
        count_and_start(request);
        return true;
    } catch (...) {
        const std::error_code shortage = shortage_in(std::current_exception());
        if (!shortage || !request.handling.valid())
            throw;
        pause(shortage);
        return false;
    }
}

// A shortage is over when no attempt has failed for the longest pause.
void bounded_dispatcher::pause(std::error_code shortage) {
    const listener_options& pauses = context_.options().listening;
    const auto last = std::exchange(last_shortage_, owner_.now());
    const bool short_anew =
        pause_ == pause_.zero() || last_shortage_ - last > pause_ + pauses.overload_pause_max;
    pause_ =
        short_anew ? pauses.overload_pause_first : std::min(2 * pause_, pauses.overload_pause_max);
    timer_queue& timers = owner_.core().timers();
    timers.disarm(retry_);
    timers.arm(retry_, last_shortage_ + pause_);
    if (short_anew)
        context_.overloaded(shortage, pause_);
}

void bounded_dispatcher::take_back(dispatched_request request, const std::exception_ptr& failure) {
    const std::error_code shortage = shortage_in(failure);
    beginning_ = false;
    if (shortage && !cancelled()) {
        kept_.push_front(std::move(request));
        pause(shortage);
    } else {
        context_.report_refused(failure, request.client);
    }
    ended();
    update();
}

void bounded_dispatcher::start_kept() {
    while (!kept_.empty() && can_start()) {
        dispatched_request oldest = std::move(kept_.front());
        kept_.pop_front();
        try {
            if (try_start(oldest))
                continue;
        } catch (...) {
            context_.report_refused(std::current_exception(), oldest.client);
            continue;
        }
        kept_.push_front(std::move(oldest));
        return;
    }
}

void bounded_dispatcher::cancel() {
    scope_.cancel();
    for (; !kept_.empty(); kept_.pop_front())
        context_.report_refused(nullptr, kept_.front().client);
    update();
}

void bounded_dispatcher::ended() noexcept {
    const std::size_t still_running = running_.fetch_sub(1) - 1;
    std::size_t awaited = awaited_below_.load();
    if (still_running < awaited && awaited_below_.compare_exchange_strong(awaited, 0))
        owner_.core().post(news_);
}

/// Whether no request is left, nor a thread that is about to tell of one.
bool bounded_dispatcher::has_ended() const noexcept {
    return kept_.empty() && running_ == 0 && running_aside_ == 0 && asked_for_ == 0;
}

/// The owner wants to hear when fewer requests run than this; 0 for not at all.
std::size_t bounded_dispatcher::awaited_count() const noexcept {
    if (!kept_.empty() && !beginning_)
        return std::min(running_.load(), running_max_);
    if (room_awaited_ && running_ >= running_max_)
        return running_max_;
    return end_awaited_ && running_ > 0 ? 1 : 0;
}

/// Asks to hear when fewer than `count` requests run. Returns false if fewer do already; if so, no
/// answer will come.
bool bounded_dispatcher::ask_for(std::size_t count) noexcept {
    if (asked_for_ == 0)
        awaited_below_ = count;
    else if (std::size_t before = asked_for_;
             !awaited_below_.compare_exchange_strong(before, count))
        return true;  // the answer to the last question is on its way
    asked_for_ = count;
    if (running_ >= count || !awaited_below_.compare_exchange_strong(count, 0))
        return true;
    asked_for_ = 0;
    return false;
}

/// Acts on what has changed, and arranges to hear of the next change that matters.
void bounded_dispatcher::update() {
    std::size_t awaited = 0;
    do {
        start_kept();
        if (has_room())
            room_.set();
        if (has_ended())
            all_ended_.set();
        awaited = awaited_count();
    } while (awaited > 0 && !ask_for(awaited));
}

task<> bounded_dispatcher::wait_for_room() {
    std::error_code cancelled;
    while (!has_room() && !cancelled) {
        room_.reset();
        room_awaited_ = true;
        update();
        co_await room_.wait(cancelled);
        room_awaited_ = false;
    }
    if (cancelled)
        throw std::system_error(cancelled, "waiting for the end of a request");
}

task<> bounded_dispatcher::join() {
    while (!has_ended()) {
        all_ended_.reset();
        end_awaited_ = true;
        update();
        co_await all_ended_.wait();
        end_awaited_ = false;
    }
}

}  // namespace ringlet::detail
