#include "server/detail/counter_slot.hpp"
#include "server/detail/deadline_or_never.hpp"
#include "server/detail/linger.hpp"
#include "server/detail/request_source.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/net/stream_watch.hpp>
#include <ringlet/server/stream_server.hpp>

#include <stdexcept>

namespace ringlet {

namespace {

address peer_of(const stream& request) noexcept {
    try {
        return request.peer_address();
    } catch (const std::system_error&) {
        return {};  // it has gone already; the handler will see
    }
}

bool has_limits(const server_options& options) noexcept {
    return options.request_timeout > options.request_timeout.zero() ||
           options.timeouts != stream_timeouts{};
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

void stream_server::activate(bound_socket& bound) const {
    listener::listen(bound, options().listening);
}

bool stream_server::verify_request(stream& /*request*/, const address& /*client*/) {
    return true;
}

class stream_server::incoming final : public detail::request_source {
public:
    incoming(stream_server& owner, bound_socket& from, const listener_options& options)
        : owner_(owner), from_(from),
          listener_(loop::require_current("serve"), std::move(from), options) {
        listener_.on_overload([&owner](std::error_code error, std::chrono::milliseconds pause) {
            owner.overloaded(error, pause);
        });
    }

    task<> take(detail::executor& handled_by) override {
        owner_.take(co_await owner_.get_request(listener_), handled_by);
    }

    [[nodiscard]] std::uint64_t yielded() const noexcept override { return listener_.yielded(); }

    task<> stop(detail::executor& handled_by) override {
        co_await listener_.stop();
        while (std::optional<stream> ahead = listener_.try_accept())
            owner_.take(std::move(*ahead), handled_by);
        from_ = co_await listener_.release();
    }

private:
    stream_server& owner_;
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

void stream_server::take(stream request, detail::executor& handled_by) {
    detail::counter_slot& counts = counted();
    detail::counter_slot::count(counts.accepted);
    const address client = peer_of(request);
    try {
        detail::peer_limit::place place = peers_.try_enter(client);
        if (!place) {
            report_refusal(client);
            return;
        }
        {
            const detail::executor::taking here(handled_by, std::move(place), counts.refused);
            if (verify_request(request, client))
                return process_request(std::move(request), client);
        }
        handled_by.spawn_here({.handling = refuse(std::move(request), client)});
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

void stream_server::process_request(stream request, const address& client) {
    const int descriptor = request.socket().native_handle();
    detail::executor::taking::current().hand_over(
        {.handling = serve_request(std::move(request), client), .descriptor = descriptor});
}

task<> stream_server::refuse(stream request, address client) {
    co_await call_shutdown_request(request, client);
}

task<> stream_server::serve_request(stream request, address client) {
    // Its waiting happens where it is served.
    request = stream(loop::require_current("serve"), request.release());
    detail::counter_slot& counts = counted();
    request.count_traffic(counts.bytes_received, counts.bytes_sent);
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
    co_await call_shutdown_request(request, client);
}

// In a frame of its own, so that requests without limits need not have room for them.
task<> stream_server::finish_within_limits(stream& request, const address& client) {
    const stream_watch watch(request, options().timeouts);
    const cancel_scope patience(detail::deadline_or_never(options().request_timeout));
    co_await finish_request(request, client);
}

task<> stream_server::call_shutdown_request(stream& request, const address& client) {
    try {
        co_await shutdown_request(request);
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

task<> stream_server::finish_request(stream& request, const address& client) {
    return handler_.handle(request, client, *this);
}

task<> stream_server::shutdown_request(stream& request) {
    co_await detail::linger(request, options().linger_timeout, options().linger_bytes_max);
    co_await close_request(request);
}

task<> stream_server::close_request(stream& request) {
    co_await request.close();
}

}  // namespace ringlet
