#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/reader.hpp>
#include <ringlet/net/stream_errc.hpp>
#include <ringlet/net/writer.hpp>
#include <ringlet/server/failure_cause.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <array>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::server_failure_cause {

using namespace std::chrono_literals;
using ringlet::cause_of;
using ringlet::failure_cause;
using ringlet::log_level;
using ringlet::stream;
using ringlet::task;

namespace {

std::error_code system_error(int number) {
    return {number, std::system_category()};
}

template <class Exception>
failure_cause cause_of_thrown(const Exception& exception) {
    return cause_of(std::make_exception_ptr(exception));
}

/// What the log says of a handler that `handle` is, without the client's address, once a client has
/// sent a byte and done `leave`.
struct report {
    log_level level;
    std::string text;
};

report report_of(const std::function<task<>(stream&)>& handle,
                 const std::function<void(blocking_client&)>& leave,
                 const ringlet::server_options& options = {}) {
    const captured_log log;
    ringlet::tcp_server server({"127.0.0.1", 0}, handle, options);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("x");
    leave(client);
    CHECK(eventually([&] { return !log.lines().empty(); }));
    CHECK(server.counters().failed.total() == 1);
    server.shutdown();
    serving.join();
    REQUIRE(log.lines().size() == 1);
    const std::string line = log.lines().front();
    return {log.levels().front(),
            line.substr(0, line.find(" level=")) + ": " + line.substr(line.find("error=") + 6)};
}

void reset(blocking_client& client) {
    client.reset();
}

void stay(blocking_client& /*client*/) {}

/// Receives until the end of the stream.
task<> drain(stream& client) {
    std::array<char, 16> buffer{};
    while (co_await client.recv(buffer) > 0) {
    }
}

/// A port at which nobody listens.
ringlet::address refusing() {
    static const int unused = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name = loopback(0);
    socklen_t size = sizeof(name);
    auto* const any = reinterpret_cast<sockaddr*>(&name);
    static_cast<void>(::bind(unused, any, size));  // which only the first call has to do
    ::getsockname(unused, any, &size);
    return ringlet::address::from(any, size);
}

}  // namespace

TEST_CASE("a client that resets its connection is no failure of the server", "[server]") {
    const std::vector<std::function<task<>(stream&)>> handlers{
        drain,
        [](stream& client) -> task<> {
            while (co_await client.recv_lent()) {
            }
        },
        [](stream& client) -> task<> {
            for (;;)
                co_await client.send_all("y");
        },
        [](stream& client) -> task<> {
            for (;;)
                co_await client.send_all("y", "z");
        },
        [](stream& client) -> task<> {
            ringlet::reader in(client);
            while (co_await in.read_line()) {
            }
        },
        [](stream& client) -> task<> {
            ringlet::writer out(client);
            for (;;) {
                co_await out.print("y");
                co_await out.flush();
            }
        },
        [](stream& client) -> task<> {
            std::error_code error;
            std::array<char, 16> buffer{};
            while (!error)
                co_await client.recv(buffer, error);
            co_await client.end_sending();
        },
        [](stream& client) -> task<> {
            stream moved = std::move(client);
            co_await drain(moved);
        },
    };
    for (const auto& handle : handlers) {
        const report said = report_of(handle, reset);
        INFO(said.text);
        CHECK(said.level == log_level::debug);
        CHECK(said.text.starts_with("ringlet: a client went away: "));
    }
}

TEST_CASE("a client that is silent beyond a deadline is no failure of the server", "[server]") {
    const std::string silent =
        "ringlet: a client went away: \"recv: timed out by a deadline of this program\"\n";
    const report by_handler = report_of(
        [](stream& client) -> task<> { co_await ringlet::with_timeout(1ms, drain(client)); }, stay);
    CHECK(by_handler.level == log_level::debug);
    CHECK(by_handler.text == silent);
    ringlet::server_options options;
    options.stream_timeouts.read = 1ms;
    CHECK(report_of(drain, stay, options).text == silent);
    options.stream_timeouts = {};
    options.request_timeout = 1ms;
    CHECK(report_of(drain, stay, options).text == silent);
}

TEST_CASE("what a handler fails in by itself is an error, whatever its code is", "[server]") {
    const std::vector<std::function<task<>(stream&)>> handlers{
        [](stream& /*client*/) -> task<> { co_await ringlet::connect(refusing()); },
        [](stream& /*client*/) -> task<> {
            co_await ringlet::with_timeout(1ms, ringlet::sleep_for(1h));
        },
        [](stream& client) -> task<> {
            std::error_code error;
            std::array<char, 1> buffer{};
            co_await client.recv(buffer);
            co_await ringlet::with_timeout(1ms, client.recv(buffer, error));
            throw std::system_error(error, "no byte");
        },
        [](stream& /*client*/) -> task<> {
            throw std::runtime_error("out of order");
            co_return;
        },
    };
    for (const auto& handle : handlers) {
        const report said = report_of(handle, stay);
        INFO(said.text);
        CHECK(said.level == log_level::error);
        CHECK(said.text.starts_with("ringlet: a handler failed: "));
    }
}

TEST_CASE("the system's errors say why a request failed", "[server]") {
    CHECK(cause_of(system_error(ETIMEDOUT)) == failure_cause::timed_out);
    CHECK(cause_of(std::make_error_code(std::errc::timed_out)) == failure_cause::timed_out);
    CHECK(cause_of(system_error(ECANCELED)) == failure_cause::cancelled);
    CHECK(cause_of(std::make_error_code(std::errc::operation_canceled)) ==
          failure_cause::cancelled);
    for (const int gone : {ECONNRESET, EPIPE, ECONNABORTED, ENOTCONN, EHOSTUNREACH, ENETUNREACH,
                           ENETDOWN, ENETRESET, ECONNREFUSED})
        CHECK(cause_of(system_error(gone)) == failure_cause::reset);
    for (const int other : {EMFILE, ENOMEM, EBADF, EACCES})
        CHECK(cause_of(system_error(other)) == failure_cause::other);
    CHECK(cause_of(make_error_code(ringlet::stream_errc::too_long)) == failure_cause::other);
    CHECK(cause_of(std::error_code()) == failure_cause::other);
}

TEST_CASE("an exception has the cause of the error that it carries, if any", "[server]") {
    CHECK(cause_of_thrown(std::system_error(system_error(EPIPE), "send")) == failure_cause::reset);
    CHECK(cause_of_thrown(std::system_error(system_error(ETIMEDOUT), "recv")) ==
          failure_cause::timed_out);
    CHECK(cause_of_thrown(std::system_error(system_error(ECANCELED), "recv")) ==
          failure_cause::cancelled);
    CHECK(cause_of_thrown(std::runtime_error("out of order")) == failure_cause::other);
    CHECK(cause_of_thrown(42) == failure_cause::other);
    CHECK(cause_of(std::exception_ptr()) == failure_cause::other);
}

}  // namespace tests::server_failure_cause
