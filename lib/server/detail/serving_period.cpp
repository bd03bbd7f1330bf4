#include "serving_period.hpp"
#include "concurrency_model.hpp"
#include "counter_slot.hpp"
#include "listening_socket.hpp"
#include "serve_until_shutdown.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/event.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/server/server.hpp>

#include <exception>
#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

task<> accept_nothing() {
    co_return;
}

/// The requests of one worker of several that accept by themselves. Each has its share of the
/// limit, beyond which it leaves clients to others. But where the server refuses clients, one
/// worker may have all that the server can handle: no worker refuses a client for which there is
/// room, and workers that accept in the same moment may exceed the limit by one each.
class share_of_requests final : public bounded_dispatcher {
public:
    share_of_requests(std::size_t running_max, const serving_period& period)
        : bounded_dispatcher(loop::require_current("serve"), running_max, period), period_(period) {
    }

    bool server_is_full() const noexcept override {
        return period_.records().counters.snapshot().active >= period_.options().max_connections;
    }

private:
    const serving_period& period_;
};

}  // namespace

serving_period::serving_period(server& owner, const char* caller, quota wanted)
    : server_(owner), wanted_(wanted) {
    if (owner.closed_)
        throw std::logic_error(std::string(caller) + ": the server is closed");
    if (owner.serving_.exchange(true))
        throw std::logic_error(std::string(caller) + ": the server serves already");
    try {
        owner.separate_from_parent();
    } catch (...) {
        owner.serving_ = false;
        throw;
    }
}

serving_period::~serving_period() {
    server_.records_.load()->reports->flush();
    if (progress_ != progress::none && wanted_ == quota::unlimited && server_.shutdown_.requested())
        close_listening();
    server_.shutdown_.reset();
    if (server_.close_when_done_.exchange(false))
        server_.close_listening();
    server_.serving_ = false;
}

task<> serving_period::run() {
    joinable_task_group watch;
    watch.spawn(shut_down_if_cancelled());
    throw_if_cancelled();
    progress_ = progress::serving;
    std::exception_ptr failure;
    try {
        const shield draining;
        co_await model().serve(*this);
    } catch (...) {
        failure = std::current_exception();
    }
    progress_ = progress::ended;
    watch.cancel();
    co_await watch.join();
    if (failure)
        std::rethrow_exception(failure);
    throw_if_cancelled();
}

task<> serving_period::shut_down_if_cancelled() {
    event never;
    std::error_code reason;
    co_await never.wait(reason);
    if (progress_ == progress::ended)
        co_return;
    cancelled_ = reason;
    shutdown().request(options().drain_timeout);
}

void serving_period::throw_if_cancelled() const {
    if (cancelled_)
        throw std::system_error(cancelled_, "serve");
}

const concurrency_model& serving_period::model() const {
    return wanted_ == quota::one ? concurrency_of_one_request(options())
                                 : concurrency_of(options());
}

const server_options& serving_period::options() const noexcept {
    return server_.options_;
}

bound_socket& serving_period::listening() const noexcept {
    return server_.listening_->socket();
}

void serving_period::enter_child(std::size_t slot) const noexcept {
    server_.records_.load()->enter_child(slot);
    server_.shutdown_.enter_child();
    listening().enter_child(server_.process_);
}

shutdown_signal& serving_period::shutdown() const noexcept {
    return server_.shutdown_;
}

server_records& serving_period::records() const noexcept {
    return *server_.records_.load();
}

bound_socket serving_period::open_another() const {
    bound_socket bound = server_.listening_->bind_another();
    server_.activate(bound);
    return bound;
}

task<> serving_period::serve(bounded_dispatcher& handlers, receiving how) {
    accept_loop accepting(server_, listening(), handlers, how, options().accept_rate, shutdown());
    // A local: GCC 12 destroys a conditional temporary of an await twice.
    task<> requests = wanted_ == quota::one ? accepting.run_once(timed_out_) : accepting.run();
    co_await serve_until_shutdown(std::move(requests), handlers, shutdown(),
                                  options().drain_timeout);
}

task<> serving_period::supervise(drainable& workers) {
    return serve_until_shutdown(accept_nothing(), workers, shutdown(), options().drain_timeout);
}

task<> serving_period::serve_share(bound_socket& from, shutdown_signal& requested,
                                   std::size_t workers, receiving how) const {
    const auto share = [&](std::size_t limit) { return (limit + workers - 1) / workers; };
    rate_limit rate = options().accept_rate;
    rate.per_second /= static_cast<double>(workers);
    rate.burst = share(rate.burst);
    const std::size_t whole = options().max_connections;
    share_of_requests handlers(server_.refuses_at_maximum() ? whole : share(whole), *this);
    accept_loop accepting(server_, from, handlers, how, rate, requested);
    co_await serve_until_shutdown(accepting.run(), handlers, requested, options().drain_timeout);
}

void serving_period::close_listening() const noexcept {
    server_.end_listening(listening());
}

void serving_period::overloaded(std::error_code error,
                                std::chrono::milliseconds pause) const noexcept {
    server_.overloaded(error, pause);
}

void serving_period::report_refused(const std::exception_ptr& exception,
                                    const address& client) const noexcept {
    counter_slot::count(server_.counted().refused);
    if (exception)
        server_.report_error(exception, client);
}

}  // namespace ringlet::detail
