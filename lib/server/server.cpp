#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/deadline_after.hpp>
#include <ringlet/server/server.hpp>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace ringlet {

namespace {

// Far more than anyone waits for, and far from overflowing the clock.
constexpr std::chrono::milliseconds patience_max = std::chrono::hours(24 * 365);

std::string describe(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception that is no std::exception";
    }
}

}  // namespace

/// The time during which the server serves: only one at a time, and what was asked for meanwhile
/// is carried out at its end.
class server::serving {
public:
    serving(server& owner, const char* caller) : owner_(owner) {
        if (owner.fileno() < 0)
            throw std::logic_error(std::string(caller) + ": the server is closed");
        if (owner.serving_.exchange(true))
            throw std::logic_error(std::string(caller) + ": the server serves already");
    }
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;
    ~serving() {
        owner_.shutdown_.reset();
        if (owner_.close_when_done_.exchange(false))
            owner_.close_listening();
        owner_.serving_ = false;
    }

private:
    server& owner_;
};

server::server(const server_options& options) : options_(options) {
    const auto require = [](std::chrono::milliseconds duration, const char* name) {
        if (duration < duration.zero() || duration > patience_max)
            throw std::invalid_argument(std::string("server_options: ") + name +
                                        " must be 0 to a year");
    };
    require(options.drain_timeout, "drain_timeout");
    require(options.timeout, "timeout");
    require(options.linger_timeout, "linger_timeout");
}

void server::serve_forever() {
    loop own(options_.loop);
    block_on(own, serve());
}

task<> server::serve() {
    const serving now(*this, "serve_forever");
    if (!shutdown_.requested())
        co_await serve_until_shutdown();
}

void server::handle_request() {
    const serving now(*this, "handle_request");
    if (shutdown_.requested())
        return;
    loop own(options_.loop);
    const auto deadline = options_.timeout == options_.timeout.zero()
                              ? loop::clock::time_point::max()
                              : deadline_after(own.now(), options_.timeout, "handle_request");
    if (!block_on(own, serve_one(deadline)))
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

void server::handle_error(std::exception_ptr exception, const address& client) {
    std::fprintf(stderr, "ringlet: while serving %s: %s\n",
                 client.family() == AF_UNSPEC ? "a client" : client.to_string().c_str(),
                 describe(exception).c_str());
}

void server::handle_overload(std::error_code error, std::chrono::milliseconds pause) {
    std::fprintf(stderr, "ringlet: accepting on %s pauses, first for %lld ms: %s\n",
                 address_.to_string().c_str(), static_cast<long long>(pause.count()),
                 error.message().c_str());
}

}  // namespace ringlet
