#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/counter_slot.hpp"
#include "server/detail/deadline_or_never.hpp"
#include "server/detail/request_source.hpp"
#include "server/detail/take_steps.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/server/stream_server.hpp>

#include <algorithm>
#include <array>

namespace ringlet {

namespace {

constexpr std::size_t discard_size = 4096;

address peer_of(const stream& request) noexcept {
    try {
        return request.peer_address();
    } catch (const std::system_error&) {
        return {};  // the peer has gone already; the handler will see that
    }
}

/// Counts as one of `all` while it lives.
class counted_in {
public:
    explicit counted_in(std::atomic<std::size_t>& all) noexcept
        : all_(all), others_(all.fetch_add(1, std::memory_order_relaxed)) {}
    counted_in(const counted_in&) = delete;
    counted_in& operator=(const counted_in&) = delete;
    ~counted_in() { all_.fetch_sub(1, std::memory_order_relaxed); }

    /// How many others there were before.
    [[nodiscard]] std::size_t others() const noexcept { return others_; }

private:
    std::atomic<std::size_t>& all_;
    std::size_t others_;
};

bool has_limits(const server_options& options) noexcept {
    return options.request_timeout > options.request_timeout.zero() ||
           options.stream_timeouts != stream_timeouts{};
}

}  // namespace

stream_server::stream_server(const address& local, any_handler<stream> handler,
                             const server_options& options)
    : server(local, SOCK_STREAM, options), handler_(std::move(handler)),
      peers_(options.max_connections_per_peer) {
    open_in_constructor();
}

stream_server::stream_server(bound_socket listening, any_handler<stream> handler,
                             const server_options& options)
    : server(std::move(listening), SOCK_STREAM, options), handler_(std::move(handler)),
      peers_(options.max_connections_per_peer) {}

stream_server::stream_server(named_socket inherited, const address& otherwise,
                             any_handler<stream> handler, const server_options& options)
    : server(std::move(inherited), otherwise, SOCK_STREAM, options), handler_(std::move(handler)),
      peers_(options.max_connections_per_peer) {
    open_in_constructor();
}

void stream_server::activate(bound_socket& bound) const {
    listener::listen(bound, options().listening);
}

class stream_server::incoming final : public detail::request_source {
public:
    incoming(stream_server& owner, bound_socket& from, const listener_options& options)
        : server_(owner), from_(from),
          listener_(loop::require_current("serve"), std::move(from), options) {
        listener_.on_overload([&owner](std::error_code error, std::chrono::milliseconds pause) {
            owner.overloaded(error, pause);
        });
    }

    task<> accept_for(detail::bounded_dispatcher& handlers,
                      detail::accept_turn& /*turn*/) override {
        stream connection = co_await server_.get_request(listener_);
        server_.process(std::move(connection), handlers);
    }

    [[nodiscard]] bool has_ended() const noexcept override { return !listener_.is_listening(); }
    [[nodiscard]] std::uint64_t yielded() const noexcept override { return listener_.yielded(); }

    task<> stop(detail::bounded_dispatcher& handlers) override {
        co_await listener_.stop();
        while (std::optional<stream> connection = listener_.try_accept())
            server_.process(std::move(*connection), handlers);
        from_ = co_await listener_.release();
    }

    task<> close(detail::bounded_dispatcher& handlers) override {
        const shield shield_guard;
        co_await listener_.stop();
        auto pause = server_.options().listening.overload_pause_first;
        for (bool all_taken = false; !all_taken;) {
            const std::error_code shortage = co_await listener_.take_backlog();
            while (std::optional<stream> connection = listener_.try_accept())
                server_.process(std::move(*connection), handlers);
            all_taken = !shortage || handlers.cancelled();
            if (!all_taken)
                co_await sleep_for(pause);
            pause = std::min(2 * pause, server_.options().listening.overload_pause_max);
        }
        from_ = co_await listener_.release();
        from_.stop_listening();
        server_.end_listening(from_);
    }

private:
    stream_server& server_;
    bound_socket& from_;
    listener listener_;
};

std::unique_ptr<detail::request_source> stream_server::open_source(bound_socket& from, bool ahead) {
    listener_options options = this->options().listening;
    if (!ahead)
        options.accepted_ahead_max = 0;
    return std::make_unique<incoming>(*this, from, options);
}

task<stream> stream_server::get_request(listener& accepting) {
    co_return co_await accepting.accept();
}

void stream_server::process(stream&& connection, detail::bounded_dispatcher& handlers) noexcept {
    detail::counter_slot& counts = counted();
    detail::counter_slot::count(counts.accepted);
    const address client = peer_of(connection);
    try {
        if (refuses_at_maximum() && handlers.server_is_full())
            return refuse(std::move(connection), client, handlers, refusal::server_is_full);
        detail::peer_limit::permit permit = peers_.try_acquire(client);
        if (!permit)
            return refuse(std::move(connection), client, handlers, refusal::peer_has_too_many);
        process_request(accepted<stream>(*this, handlers, std::move(connection), client,
                                         std::move(permit), counts.refused));
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

bool stream_server::refuses_at_maximum() const noexcept {
    return options().at_maximum == server_options::limit_policy::refuse;
}

void stream_server::refuse(stream&& connection, const address& client,
                           detail::bounded_dispatcher& handlers, refusal why) {
    detail::counter_slot::count(counted().refused);
    log_throttle& kind =
        why == refusal::server_is_full ? reports().refused_at_maximum : reports().refused_of_peer;
    kind.report({{"client", client}});
    if (handlers.running_aside() < options().refusals_max)
        handlers.run_aside(refuse_and_close(std::move(connection), client, why));
}

task<> stream_server::refuse_and_close(stream request, address client, refusal why) {
    try {
        {
            const cancel_scope time_limit(detail::deadline_or_never(options().refusal_timeout));
            co_await refuse_request(request, client, why);
        }
        co_await shutdown_request(request);
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

task<> stream_server::refuse_request(stream& /*request*/, const address& /*client*/,
                                     refusal /*why*/) {
    co_return;
}

void stream_server::process_request(accepted<stream> request) {
    request.hand_over();
}

// A connection lasts, and its place in the peer's limit with it.
template <>
bool accepted<stream>::begin_here(detail::bounded_dispatcher& /*place*/) {
    return false;
}

template <>
task<> accepted<stream>::handle_here() {
    return server_->serve_request(std::move(request_), client_);
}

template <>
task<> accepted<stream>::handle_elsewhere() {
    return handle_here();
}

template <>
int accepted<stream>::descriptor() noexcept {
    return request_.socket().native_handle();
}

task<> stream_server::serve_request(stream request, address client) {
    // The stream waits in the loop of this thread or process, not in the one that accepted it.
    request = stream(loop::require_current("serve"), request.release(), detail::of_client());
    detail::counter_slot& counts = counted();
    request.count_traffic(counts.bytes_received, counts.bytes_sent);
    bool welcome = true;
    if (!options().establish.empty())
        welcome = co_await establish(request, client);
    if (welcome)
        welcome = co_await verify(request, client);
    if (welcome) {
        counts.begin();
        try {
            if (has_limits(options()))
                co_await finish_within_limits(request, client);
            else
                co_await finish_request(request, client);
            counts.finish();
        } catch (...) {
            request_failed(std::current_exception(), client, counts);
        }
    }
    try {
        co_await shutdown_request(request);
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

/// Takes a connection through the steps of server_options::establish. Yields whether it has passed
/// them and is open.
task<bool> stream_server::establish(stream& request, address& client) {
    bool passed = false;
    {
        const counted_in place(establishing_);
        if (place.others() < options().establishing_max)
            passed = co_await detail::take_steps(options(), counted(), reports(), request, client);
        else
            detail::report_unestablished(reports(), client, "",
                                         "establishing_max connections are being established");
    }
    if (!passed)
        detail::counter_slot::count(counted().refused);
    co_return passed;
}

task<bool> stream_server::verify(stream& request, const address& client) {
    bool welcome = false;
    try {
        const cancel_scope time_limit(detail::deadline_or_never(options().verify_timeout));
        welcome = co_await verify_request(request, client);
    } catch (...) {
        report_error(std::current_exception(), client);
    }
    if (!welcome)
        detail::counter_slot::count(counted().refused);
    co_return welcome;
}

task<bool> stream_server::verify_request(stream& /*request*/, const address& /*client*/) {
    co_return true;
}

// Has a frame of its own, so that the frames of requests without limits have no room for the
// limits.
task<> stream_server::finish_within_limits(stream& request, const address& client) {
    const stream_watch watch(request, options().stream_timeouts);
    const cancel_scope time_limit(detail::deadline_or_never(options().request_timeout));
    co_await finish_request(request, client);
}

task<> stream_server::finish_request(stream& request, const address& client) {
    return handler_.handle(request, client, *this);
}

// Makes no coroutine frame where the client has ended already, as most clients have.
task<> stream_server::shutdown_request(stream& request) {
    return must_linger(request) ? linger_and_close(request) : close_request(request);
}

/// Whether the client of a connection may still be sending, so that closing the connection now
/// could destroy the reply on its way (RFC 9112, section 9.6).
bool stream_server::must_linger(const stream& request) const noexcept {
    return options().linger_timeout > options().linger_timeout.zero() &&
           options().linger_bytes_max > 0 && request.is_open() && request.idle() &&
           !request.at_end();
}

task<> stream_server::linger_and_close(stream& request) {
    {
        const cancel_scope time_limit(options().linger_timeout);
        std::error_code error;
        co_await request.end_sending(error);
        std::array<std::byte, discard_size> discarded;
        std::size_t bytes_left = options().linger_bytes_max;
        for (std::size_t count = 1; !error && bytes_left > 0 && count > 0; bytes_left -= count) {
            const std::size_t wanted = std::min(bytes_left, discarded.size());
            count = co_await request.recv(std::span(discarded).first(wanted), error);
        }
    }
    co_await close_request(request);
}

task<> stream_server::close_request(stream& request) {
    return request.close();
}

}  // namespace ringlet
