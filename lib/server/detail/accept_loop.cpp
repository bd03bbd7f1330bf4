#include "accept_loop.hpp"
#include "bounded_dispatcher.hpp"
#include "counter_slot.hpp"
#include "deadline_or_never.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/server/detail/shutdown_signal.hpp>
#include <ringlet/server/server.hpp>

namespace ringlet::detail {

accept_loop::accept_loop(server& owner, bound_socket& from, bounded_dispatcher& handlers,
                         receiving how, const rate_limit& rate, const shutdown_signal& requested)
    : server_(owner), socket_(from), handlers_(handlers), receiving_(how), rate_(rate),
      requested_(requested) {}

task<> accept_loop::take_requests_from(request_source& source) {
    do {
        if (!handlers_.has_room() && !(server_.refuses_at_maximum() && handlers_.server_is_full()))
            co_await pause_until_room();
        if (!rate_.try_take())
            co_await rate_.take();
        accepted_before_ = source.yielded();
        try {
            co_await source.accept_for(handlers_, *this);
        } catch (...) {
            if (source.yielded() == accepted_before_)  // the source yields no more requests
                throw;
            server_.request_lost();
        }
        server_.call_service_actions();
    } while (wanted_ == quota::unlimited);
}

bool accept_loop::goes_on(std::uint64_t yielded) {
    if (wanted_ == quota::one || !handlers_.has_room() || !rate_.try_take())
        return false;
    server_.call_service_actions();
    accepted_before_ = yielded;
    return true;
}

task<> accept_loop::take_requests(quota wanted) {
    const bool ahead = receiving_ == receiving::ahead && wanted == quota::unlimited;
    std::unique_ptr<request_source> source;
    try {
        source = server_.open_source(socket_, ahead);
    } catch (const std::system_error&) {
        if (shutdown_requested())  // another process has ended the listening already
            co_return;
        throw;
    }
    std::exception_ptr failure;
    try {
        wanted_ = wanted;
        co_await take_requests_from(*source);
    } catch (...) {
        failure = std::current_exception();
    }
    const bool ended_by_shutdown = shutdown_requested() && source->has_ended();
    if (wanted == quota::unlimited && shutdown_requested())
        co_await source->close(handlers_);
    else
        co_await source->stop(handlers_);
    if (failure && !ended_by_shutdown)
        std::rethrow_exception(failure);
}

/// Whether this loop is to stop, or will be told soon since the whole server is to.
bool accept_loop::shutdown_requested() const noexcept {
    return requested_.requested() || server_.shutdown_.requested();
}

task<> accept_loop::run() {
    co_await task_group::run([this](task_group& group) {
        group.spawn(take_requests(quota::unlimited));
        const auto interval = server_.options().service_interval;
        if (interval > interval.zero())
            group.spawn(call_service_actions());
    });
}

task<> accept_loop::run_once(bool& timed_out) {
    const cancel_scope time_limit(deadline_or_never(server_.options().handle_request_timeout));
    try {
        co_await take_requests(quota::one);
    } catch (const std::system_error& error) {
        if (time_limit.reason() != std::errc::timed_out || error.code() != std::errc::timed_out)
            throw;
        timed_out = true;
    }
}

task<> accept_loop::pause_until_room() {
    if (handlers_.is_full())  // the server has counted a shortage itself
        counter_slot::count(server_.counted().accept_pauses);
    co_await handlers_.wait_for_room();
}

task<> accept_loop::call_service_actions() {
    interval ticks(server_.options().service_interval);
    for (;;) {
        co_await ticks.tick();
        server_.call_service_actions();
    }
}

}  // namespace ringlet::detail
