#include "serving_period.hpp"
#include "concurrency_model.hpp"
#include "counter_slot.hpp"
#include "listening_socket.hpp"
#include "serve_until_shutdown.hpp"

#include <ringlet/server/server.hpp>

#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

task<> accept_nothing() {
    co_return;
}

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
    server_.records_->reports->flush();
    if (has_served_ && wanted_ == quota::unlimited && server_.shutdown_.requested())
        close_listening();
    server_.shutdown_.reset();
    if (server_.close_when_done_.exchange(false))
        server_.close_listening();
    server_.serving_ = false;
}

task<> serving_period::run() {
    has_served_ = true;
    const concurrency_model& model =
        wanted_ == quota::one ? concurrency_of_one_request(options()) : concurrency_of(options());
    return model.serve(*this);
}

const server_options& serving_period::options() const noexcept {
    return server_.options_;
}

bound_socket& serving_period::listening() const noexcept {
    return server_.listening_->socket();
}

void serving_period::enter_child(std::size_t slot) const noexcept {
    server_.records_->enter_child(slot);
    server_.shutdown_.enter_child();
    listening().enter_child(server_.process_);
}

shutdown_signal& serving_period::shutdown() const noexcept {
    return server_.shutdown_;
}

server_records& serving_period::records() const noexcept {
    return *server_.records_;
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
    bounded_dispatcher handlers(loop::require_current("serve"), share(options().max_connections),
                                *this);
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

void serving_period::report_refused(std::exception_ptr exception,
                                    const address& client) const noexcept {
    counter_slot::count(server_.counted().refused);
    if (exception)
        server_.report_error(std::move(exception), client);
}

}  // namespace ringlet::detail
