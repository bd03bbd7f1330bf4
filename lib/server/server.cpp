#include "../coro/valid_rate_limit.hpp"
#include "../net/valid_options.hpp"
#include "../ring/valid_ring_options.hpp"
#include "deadline_or_never.hpp"
#include "server_records.hpp"
#include "worker_count.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/deadline_after.hpp>
#include <ringlet/server/server.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

// Far more than anyone waits for, and far from overflowing the clock.
constexpr std::chrono::milliseconds patience_max = std::chrono::hours(24 * 365);

void validate(const server_options& options) {
    const auto require = [](bool holds, const std::string& sentence) {
        if (!holds)
            throw std::invalid_argument("server_options: " + sentence);
    };
    const auto require_time = [&](std::chrono::milliseconds duration, const char* name) {
        require(duration >= duration.zero() && duration <= patience_max,
                std::string(name) + " must be 0 to a year");
    };
    require_time(options.drain_timeout, "drain_timeout");
    require_time(options.kill_timeout, "kill_timeout");
    require_time(options.timeout, "timeout");
    require_time(options.request_timeout, "request_timeout");
    require_time(options.linger_timeout, "linger_timeout");
    require_time(options.service_interval, "service_interval");
    require_time(options.restart_pause_first, "restart_pause_first");
    require_time(options.restart_pause_max, "restart_pause_max");
    require(options.restart_pause_first <= options.restart_pause_max,
            "restart_pause_first must be at most restart_pause_max");
    require(options.max_connections > 0, "max_connections must be 1 or more");
    require(options.max_threads > 0, "max_threads must be 1 or more");
    require(options.max_children > 0, "max_children must be 1 or more");
    require_valid(options.listening);
    require_valid(options.datagrams);
    require_valid(options.receiving);
    require_valid(options.timeouts);
    require_valid(options.accept_rate);
    require_valid(options.loop.ring);
}

std::string describe(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

std::size_t slot_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t slot = threads++ % server_records::thread_slots;
    return slot;
}

std::size_t children_max(const server_options& options) {
    switch (options.concurrency) {
    case concurrency::forks:
        return worker_count(options);
    case concurrency::fork_per_request:
        return std::min(options.max_children, options.max_connections);
    default:
        return 0;
    }
}

}  // namespace

/// The time during which the server serves: only one at a time, and what was asked for meanwhile
/// is carried out at its end.
class server::serving {
public:
    serving(server& owner, const char* caller) : owner_(owner) {
        if (owner.closed_)
            throw std::logic_error(std::string(caller) + ": the server is closed");
        if (owner.serving_.exchange(true))
            throw std::logic_error(std::string(caller) + ": the server serves already");
    }
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;
    ~serving() {
        owner_.records_->reports->flush();
        owner_.shutdown_.reset();
        if (owner_.close_when_done_.exchange(false))
            owner_.close_listening();
        owner_.serving_ = false;
    }

private:
    server& owner_;
};

server::server(const address& local, int type, const server_options& options)
    : options_((validate(options), options)),
      records_(std::make_unique<server_records>(children_max(options), options.log)),
      local_(local), type_(type) {}

server::server(bound_socket adopted, int type, const server_options& options)
    : server(address(), type, options) {
    adopted.require(type);
    set_listening(std::move(adopted));
}

server::~server() {
    check(!serving_, "a server was destroyed while it served; shut it down and await its end first, "
                     "or declare what serves it after it");
}

bound_socket server::bind(const address& local) const {
    bind_options binding =
        type_ == SOCK_DGRAM ? options_.datagrams.binding : options_.listening.binding;
    binding.reuse_port =
        binding.reuse_port || options_.to_workers == server_options::hand_over::reuse_port;
    return bound_socket::open(*options_.net, local, type_, binding);
}

bound_socket server::open_another() const {
    bound_socket another = bind(address_);
    activate(another);
    return another;
}

void server::server_bind() {
    set_listening(bind(local_));
}

void server::server_activate() {
    activate(listening_);
}

void server::set_listening(bound_socket bound) {
    if (bound.is_open())
        address_ = bound.local_address();
    fileno_ = bound.native_handle();
    listening_ = std::move(bound);
}

void server::open_in_constructor() {
    if (!options_.bind_and_activate)
        return;
    server::server_bind();
    server::server_activate();
}

void server::open_if_not() {
    if (fileno_ >= 0)
        return;
    server_bind();
    try {
        server_activate();
    } catch (...) {
        set_listening({});
        throw;
    }
}

void server::close_listening() noexcept {
    set_listening({});
    closed_ = true;
}

void server::serve_forever() {
    loop own(options_.loop);
    block_on(own, serve());
}

task<> server::serve() {
    const serving now(*this, "serve_forever");
    open_if_not();
    if (!shutdown_.requested())
        co_await serve_until_shutdown();
}

void server::handle_request() {
    const serving now(*this, "handle_request");
    open_if_not();
    if (shutdown_.requested())
        return;
    loop own(options_.loop);
    if (!block_on(own, serve_one()))
        handle_timeout();
}

void server::shutdown() noexcept {
    shutdown(options_.drain_timeout);
}

void server::shutdown(std::chrono::nanoseconds grace) noexcept {
    shutdown_.request(std::clamp<std::chrono::nanoseconds>(grace, grace.zero(), patience_max));
}

void server::server_close() {
    close_when_done_ = true;
    if (serving_)
        shutdown();
    else if (close_when_done_.exchange(false))
        close_listening();
}

counter_slot& server::counted() const noexcept {
    return records_->counters.slot(child_slot_ != 0 ? child_slot_ : slot_of_this_thread());
}

server_counters server::counters() const noexcept {
    return records_->counters.snapshot();
}

task<> server::run_request(task<> handling, const address& client) {
    counter_slot& counts = counted();
    counts.begin();
    std::exception_ptr exception;
    try {
        const cancel_scope patience(deadline_or_never(loop::require_current("serve").now(),
                                                      options_.request_timeout));
        co_await std::move(handling);
    } catch (...) {
        exception = std::current_exception();
    }
    if (!exception) {
        counts.finish();
        co_return;
    }
    counts.fail(cause_of(exception));
    report_error(std::move(exception), client);
}

void server::request_taken() noexcept {
    try {
        service_actions();
    } catch (...) {
        report_error(std::current_exception(), {});
    }
}

void server::overloaded(std::error_code error, std::chrono::milliseconds pause) noexcept {
    try {
        handle_overload(error, pause);
    } catch (...) {
        report_error(std::current_exception(), {});
    }
}

void server::report_error(std::exception_ptr exception, const address& client) noexcept {
    const loop* const here = loop::current();
    if (here != nullptr && here->scope().caused(exception))
        return;
    try {
        handle_error(exception, client);
    } catch (...) {
        server::handle_error(exception, client);
        server::handle_error(std::current_exception(), client);
    }
}

void server::report_refusal(const address& client) noexcept {
    counter_slot::count(counted().refused);
    records_->reports->refusals.report({{"client", client.to_string()}});
}

void server::handle_error(std::exception_ptr exception, const address& client) {
    records_->reports->failures.report({
        {"client", client.family() == AF_UNSPEC ? "unknown" : client.to_string()},
        {"error", describe(exception)},
    });
}

void server::handle_overload(std::error_code error, std::chrono::milliseconds pause) {
    records_->reports->overloads.report({
        {"address", address_.to_string()},
        {"first_pause_ms", std::to_string(pause.count())},
        {"error", error.message()},
    });
}

}  // namespace ringlet
