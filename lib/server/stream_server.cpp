#include "lingering_close.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/loop/poll_operation.hpp>
#include <ringlet/server/stream_server.hpp>

#include <algorithm>

namespace ringlet {

namespace {

/// Waits for a group and gives the exception it ended with, for those who have more to clean up.
task<std::exception_ptr> outcome(task_group& group) {
    try {
        co_await group.join();
    } catch (...) {
        co_return std::current_exception();
    }
    co_return nullptr;
}

}  // namespace

stream_server::stream_server(const address& local, connection_handler handler,
                             const server_options& options)
    : server(options), listening_(listener::open(*options.net, local, options.listening)),
      fileno_(listening_.native_handle()), handler_(std::move(handler)) {
    set_server_address(listening_.local_address());
}

void stream_server::close_listening() noexcept {
    listening_ = socket();
    fileno_ = -1;
}

bool stream_server::verify_request(stream& /*request*/, const address& /*client*/) {
    return true;
}

task<> stream_server::serve_until_shutdown() {
    listener accepting(loop::require_current("serve"), std::move(listening_), options().listening);
    co_await serve_connections(accepting, accept_all(accepting));
}

task<bool> stream_server::serve_one(loop::clock::time_point deadline) {
    // Only what is handled may be accepted: the next client waits in the backlog.
    listener_options one_by_one = options().listening;
    one_by_one.accepted_ahead_max = 0;
    listener accepting(loop::require_current("serve"), std::move(listening_), one_by_one);
    bool timed_out = false;
    co_await serve_connections(accepting, accept_one(accepting, deadline, timed_out));
    co_return !timed_out;
}

task<> stream_server::serve_connections(listener& accepting, task<> accept) {
    accepting.on_overload([this](std::error_code error, std::chrono::milliseconds pause) {
        handle_overload(error, pause);
    });
    task_group acceptance;
    task_group connections;
    task_group watch;
    connections_ = &connections;
    acceptance.spawn(std::move(accept));
    watch.spawn(enforce_shutdown(acceptance, connections));

    std::exception_ptr failure = co_await outcome(acceptance);
    listening_ = co_await accepting.release();  // who comes now waits in the backlog
    if (failure)
        shutdown();  // the connections that there are have their time to end
    if (const std::exception_ptr cancelled = co_await outcome(connections); !failure)
        failure = cancelled;
    watch.cancel();
    co_await outcome(watch);
    connections_ = nullptr;
    if (failure)
        std::rethrow_exception(failure);
}

task<> stream_server::accept_all(listener& accepting) {
    for (;;)
        take(co_await accepting.accept());
}

task<> stream_server::accept_one(listener& accepting, loop::clock::time_point deadline,
                                 bool& timed_out) {
    std::error_code error;
    const cancel_scope patience(deadline);
    stream request = co_await accepting.accept(error);
    if (!error)
        take(std::move(request));
    else if (error == std::errc::timed_out)
        timed_out = true;
    else
        throw std::system_error(error, "accept");
}

task<> stream_server::enforce_shutdown(task_group& acceptance, task_group& connections) {
    loop& here = loop::require_current("serve");
    const int requested = shutdown_requests().native_handle();
    do {  // a wake-up may be left over from a request that has been carried out
        co_await poll_operation(here, requested, POLLIN);
        shutdown_requests().acknowledge();
    } while (!shutdown_requests().requested());
    acceptance.cancel();
    auto deadline = loop::clock::time_point::max();
    for (std::error_code error; !error;) {
        shutdown_requests().acknowledge();
        deadline = std::min(deadline, here.now() + shutdown_requests().grace());
        const cancel_scope patience(deadline);
        co_await poll_operation(here, requested, POLLIN, &error);  // a request for less time
        if (error == std::errc::timed_out)
            connections.cancel();
    }
}

void stream_server::take(stream request) {
    address client;
    try {
        client = request.peer_address();
    } catch (const std::system_error&) {
        // The client has gone already; the handler will see.
    }
    try {
        if (verify_request(request, client))
            process_request(std::move(request), client);
        else
            connections_->spawn(shutdown_request(std::move(request)));
    } catch (...) {
        report_error(std::current_exception(), client);
    }
}

void stream_server::process_request(stream request, const address& client) {
    connections_->spawn(finish_request(std::move(request), client));
}

task<> stream_server::finish_request(stream request, address client) {
    std::exception_ptr exception;
    try {
        co_await handler_.handle(request, client, *this);
    } catch (...) {
        exception = std::current_exception();
    }
    if (exception)
        report_error(exception, client);
    exception = nullptr;
    co_await shutdown_request(std::move(request));
}

task<> stream_server::shutdown_request(stream request) {
    co_await lingering_close(request, options().linger_timeout);
}

}  // namespace ringlet
