#include "base/detail/valid_timeout.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/counter_slot.hpp"
#include "server/detail/listening_socket.hpp"
#include "server/detail/request_source.hpp"
#include "server/detail/server_records.hpp"
#include "server/detail/serving_period.hpp"
#include "server/detail/valid_server_options.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/server/failure_cause.hpp>
#include <ringlet/server/server.hpp>

#include <unistd.h>

#include <algorithm>

namespace ringlet {

using detail::serving_period;

namespace {

server_options named(server_options options, const std::string& name) {
    if (!name.empty())
        options.name = name;
    return options;
}

}  // namespace

server::server(const address& local, int type, const server_options& options)
    : options_((detail::require_valid(options, type), options)), process_(::getpid()),
      listening_(std::make_unique<detail::listening_socket>(local, type, options_,
                                                            detail::concurrency_of(options))) {
    make_records();
}

server::server(bound_socket adopted, int type, const server_options& options)
    : server(address(), type, options) {
    adopted.require(type);
    listening_->set(std::move(adopted));
}

server::server(named_socket inherited, const address& otherwise, int type,
               const server_options& options)
    : server(otherwise, type, named(options, inherited.name)) {
    if (!inherited.socket.is_open())
        return;
    inherited.socket.require(type);
    inherited.socket.end_as(type == SOCK_DGRAM ? options.datagrams.binding
                                               : options.listening.binding);
    listening_->set(std::move(inherited.socket));
}

server::~server() {
    detail::check(!serving_,
                  "a server was destroyed while it served; shut it down and await its end first, "
                  "or declare what serves it after it");
}

const address& server::server_address() const noexcept {
    return listening_->local_address();
}

int server::fileno() const noexcept {
    return listening_->native_handle();
}

bool server::owns_listening() const noexcept {
    return listening_->is_owned();
}

void server::share_listening(bool shared) noexcept {
    listening_->share(shared);
}

void server::server_bind() {
    listening_->set(listening_->bind());
}

void server::server_activate() {
    activate(listening_->socket());
}

void server::open_in_constructor() {
    if (!options_.bind_and_activate)
        return;
    if (!listening_->socket().is_open())
        server::server_bind();
    server::server_activate();
}

void server::make_records() {
    records_ = &all_records_.emplace_front(detail::concurrency_of(options_).children_max(options_),
                                           options_.log);
}

void server::separate_from_parent() {
    if (process_ == ::getpid())
        return;
    make_records();
    shutdown_.separate();
    process_ = ::getpid();
}

void server::open_if_not() {
    if (listening_->socket().is_open())
        return;
    server_bind();
    try {
        server_activate();
    } catch (...) {
        listening_->close();
        throw;
    }
}

void server::serve_forever() {
    loop own_loop(options_.loop);
    block_on(own_loop, serve());
}

task<> server::serve() {
    serving_period period(*this, "serve_forever", serving_period::quota::unlimited);
    open_if_not();
    listening_->socket().serve_here();
    if (!shutdown_.requested())
        co_await period.run();
}

void server::handle_request() {
    serving_period period(*this, "handle_request", serving_period::quota::one);
    open_if_not();
    if (shutdown_.requested())
        return;
    loop own_loop(options_.loop);
    block_on(own_loop, period.run());
    if (period.timed_out())
        handle_timeout();
}

void server::shutdown() noexcept {
    shutdown(options_.drain_timeout);
}

void server::shutdown(std::chrono::nanoseconds grace) noexcept {
    shutdown_.request(
        std::clamp<std::chrono::nanoseconds>(grace, grace.zero(), detail::timeout_max));
}

void server::server_close() {
    close_when_done_ = true;
    if (serving_)
        shutdown();
    else if (close_when_done_.exchange(false))
        close_listening();
}

void server::end_listening(bound_socket& ended) noexcept {
    if (&ended == &listening_->socket())
        listening_->end();
    else
        ended = {};
}

void server::close_listening() noexcept {
    listening_->close();
    closed_ = true;
}

detail::counter_slot& server::counted() const noexcept {
    return records_.load()->counted();
}

server_counters server::counters() const noexcept {
    return records_.load()->counters.snapshot();
}

void server::request_failed(const std::exception_ptr& exception, const address& client,
                            detail::counter_slot& counts) noexcept {
    counts.fail(cause_of(exception));
    report_error(exception, client);
}

void server::request_lost() {
    const std::exception_ptr exception = std::current_exception();
    if (detail::loop_core::require_current("serve").scope().caused(exception))
        throw;
    detail::counter_slot& counts = counted();
    detail::counter_slot::count(counts.accepted);
    detail::counter_slot::count(counts.refused);
    report_error(exception, {});
}

void server::call_service_actions() noexcept {
    try {
        service_actions();
    } catch (...) {
        report_error(std::current_exception(), {});
    }
}

void server::overloaded(std::error_code error, std::chrono::milliseconds pause) noexcept {
    detail::counter_slot::count(counted().accept_pauses);
    try {
        handle_overload(error, pause);
    } catch (...) {
        report_error(std::current_exception(), {});
    }
}

void server::report_error(const std::exception_ptr& exception, const address& client) noexcept {
    const auto* const running = detail::loop_core::current();
    if (running != nullptr && running->scope().caused(exception))
        return;
    try {
        handle_error(exception, client);
    } catch (...) {
        server::handle_error(exception, client);
        server::handle_error(std::current_exception(), client);
    }
}

detail::server_reports& server::reports() const noexcept {
    return *records_.load()->reports;
}

void server::report_lost_reply(const address& client) noexcept {
    detail::counter_slot::count(counted().replies_dropped);
    reports().lost_replies.report({{"client", client}});
}

void server::handle_error(std::exception_ptr exception, const address& client) {
    auto& reports = *records_.load()->reports;
    log_throttle& kind = caused_by_client(exception) ? reports.departures : reports.failures;
    kind.report({
        {"client", client.family() == AF_UNSPEC ? log_value("unknown") : log_value(client)},
        {"error", exception},
    });
}

void server::handle_overload(std::error_code error, std::chrono::milliseconds pause) {
    records_.load()->reports->overloads.report({
        {"address", server_address()},
        {"first_pause_ms", pause.count()},
        {"error", error},
    });
}

}  // namespace ringlet
