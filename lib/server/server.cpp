#include "server/detail/concurrency_choice.hpp"
#include "server/detail/deadline_or_never.hpp"
#include "server/detail/exception_text.hpp"
#include "server/detail/request_source.hpp"
#include "server/detail/server_records.hpp"
#include "server/detail/session.hpp"
#include "server/detail/sharing_threads.hpp"
#include "server/detail/valid_server_options.hpp"
#include "server/detail/worker_children.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/interval.hpp>
#include <ringlet/coro/token_bucket.hpp>
#include <ringlet/server/server.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

std::size_t slot_of_this_thread() noexcept {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t slot = threads++ % detail::server_records::thread_slots;
    return slot;
}

task<> nothing() {
    co_return;
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
    : options_((detail::require_valid(options), options)),
      records_(
          std::make_unique<detail::server_records>(detail::children_max(options), options.log)),
      local_(local), type_(type) {}

server::server(bound_socket adopted, int type, const server_options& options)
    : server(address(), type, options) {
    adopted.require(type);
    set_listening(std::move(adopted));
}

server::~server() {
    detail::check(!serving_,
                  "a server was destroyed while it served; shut it down and await its end first, "
                  "or declare what serves it after it");
}

bound_socket server::bind(const address& local) const {
    bind_options binding =
        type_ == SOCK_DGRAM ? options_.datagrams.binding : options_.listening.binding;
    if (detail::workers_share_address(options_)) {
        if (local.family() == AF_UNIX)
            throw std::invalid_argument("server_options: a Unix socket has one owner of its name; "
                                        "leave to_workers at least_loaded");
        binding.reuse_port = true;
    }
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

/// What handles requests that are taken here, in the loop that serves.
std::unique_ptr<detail::executor> server::make_executor() {
    return ringlet::detail::make_executor(
        loop::require_current("serve"), options_, records_->children,
        [this](std::size_t slot) { enter_child(slot); }, shutdown_.native_handle());
}

/// Workers that take requests themselves.
std::unique_ptr<detail::workload> server::make_workers() {
    loop& here = loop::require_current("serve");
    if (options_.concurrency == concurrency::forks)
        return std::make_unique<detail::worker_children>(
            here, detail::worker_count(options_), options_, records_->children,
            [this](std::size_t slot, detail::shutdown_signal& requested) {
                enter_child(slot);
                return serve_alone(listening_, requested);
            },
            std::vector{listening_.native_handle(), shutdown_.native_handle()});
    std::vector<bound_socket> others;
    while (others.size() + 1 < detail::worker_count(options_))
        others.push_back(open_another());
    return std::make_unique<detail::sharing_threads>(
        here, listening_, std::move(others), options_.pin_workers, options_.loop,
        [this](bound_socket& from, detail::shutdown_signal& requested) {
            return serve_alone(from, requested);
        });
}

void server::enter_child(std::size_t slot) noexcept {
    child_slot_ = slot;
}

rate_limit server::accept_rate() const {
    rate_limit share = options_.accept_rate;
    if (detail::workers_take_requests(options_)) {
        const std::size_t count = detail::worker_count(options_);
        share.per_second /= static_cast<double>(count);
        share.burst = (share.burst + count - 1) / count;
    }
    return share;
}

task<> server::serve_until_shutdown() {
    if (detail::workers_take_requests(options_)) {
        const std::unique_ptr<detail::workload> workers = make_workers();
        co_await detail::serve_session(nothing(), *workers, shutdown_, options_.drain_timeout);
    } else {
        const std::unique_ptr<detail::executor> handled_by = make_executor();
        co_await detail::serve_session(take_all(listening_, *handled_by), *handled_by, shutdown_,
                                       options_.drain_timeout);
    }
}

/// In a worker: as one of several who have an equal share of the connections.
task<> server::serve_alone(bound_socket& from, detail::shutdown_signal& requested) {
    const std::size_t count = detail::worker_count(options_);
    detail::executor handled_by(loop::require_current("serve"),
                                (options_.max_connections + count - 1) / count);
    co_await detail::serve_session(take_all(from, handled_by), handled_by, requested,
                                   options_.drain_timeout);
}

task<bool> server::serve_one() {
    const std::unique_ptr<detail::executor> handled_by = make_executor();
    bool timed_out = false;
    co_await detail::serve_session(take_one(*handled_by, timed_out), *handled_by, shutdown_,
                                   options_.drain_timeout);
    co_return !timed_out;
}

/// Until it is cancelled, or has taken one request, if no more are wanted.
task<> server::take_requests(bound_socket& from, detail::executor& handled_by, amount wanted) {
    // What is received ahead of the one that is wanted would be kept from who serves next.
    const bool ahead = wanted == amount::all && !detail::in_processes(options_);
    const std::unique_ptr<detail::request_source> source = open_source(from, ahead);
    token_bucket rate(accept_rate());
    std::exception_ptr end;
    try {
        do {
            if (!handled_by.has_room()) {
                detail::counter_slot::count(counted().accept_pauses);
                co_await handled_by.wait_for_room();
            }
            co_await rate.take();
            const std::uint64_t before = source->yielded();
            try {
                co_await source->take(handled_by);
            } catch (...) {
                if (source->yielded() == before)  // there is no next one
                    throw;
                request_lost();
            }
            request_taken();
        } while (wanted == amount::all);
    } catch (...) {
        end = std::current_exception();
    }
    co_await source->stop(handled_by);
    if (end)
        std::rethrow_exception(end);
}

task<> server::take_one(detail::executor& handled_by, bool& timed_out) {
    const cancel_scope patience(detail::deadline_or_never(options_.timeout));
    try {
        co_await take_requests(listening_, handled_by, amount::one);
    } catch (const std::system_error& error) {
        if (patience.reason() != std::errc::timed_out || error.code() != std::errc::timed_out)
            throw;
        timed_out = true;
    }
}

task<> server::take_all(bound_socket& from, detail::executor& handled_by) {
    task_group group;
    group.spawn(take_requests(from, handled_by, amount::all));
    if (options_.service_interval > options_.service_interval.zero())
        group.spawn(call_service_actions());
    co_await group.join();
}

task<> server::call_service_actions() {
    interval ticks(options_.service_interval);
    for (;;) {
        co_await ticks.tick();
        request_taken();
    }
}

void server::shutdown() noexcept {
    shutdown(options_.drain_timeout);
}

void server::shutdown(std::chrono::nanoseconds grace) noexcept {
    shutdown_.request(
        std::clamp<std::chrono::nanoseconds>(grace, grace.zero(), detail::patience_max));
}

void server::server_close() {
    close_when_done_ = true;
    if (serving_)
        shutdown();
    else if (close_when_done_.exchange(false))
        close_listening();
}

detail::counter_slot& server::counted() const noexcept {
    return records_->counters.slot(child_slot_ != 0 ? child_slot_ : slot_of_this_thread());
}

server_counters server::counters() const noexcept {
    return records_->counters.snapshot();
}

void server::request_failed(std::exception_ptr exception, const address& client,
                            detail::counter_slot& counts) noexcept {
    counts.fail(cause_of(exception));
    report_error(std::move(exception), client);
}

/// In the handler of what get_request threw with a request in its hands.
void server::request_lost() {
    const std::exception_ptr exception = std::current_exception();
    if (detail::loop_core::require_current("serve").scope().caused(exception))
        throw;
    detail::counter_slot& counts = counted();
    detail::counter_slot::count(counts.accepted);
    detail::counter_slot::count(counts.refused);
    report_error(exception, {});
}

void server::request_taken() noexcept {
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

void server::report_error(std::exception_ptr exception, const address& client) noexcept {
    const auto* const here = detail::loop_core::current();
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
    detail::counter_slot::count(counted().refused);
    records_->reports->refusals.report({{"client", client.to_string()}});
}

void server::handle_error(std::exception_ptr exception, const address& client) {
    records_->reports->failures.report({
        {"client", client.family() == AF_UNSPEC ? "unknown" : client.to_string()},
        {"error", detail::exception_text(exception)},
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
