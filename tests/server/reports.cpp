// What a server tells the log: nothing is lost, and nobody can flood it.

#include "blocking_client.hpp"
#include "blocking_datagram_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace tests::server_reports {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

template <class Request>
task<> fail(Request& /*request*/) {
    throw std::runtime_error("once more");
    co_return;
}

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at)
        ++found;
    return found;
}

/// The sum of all that was left out.
std::uint64_t suppressed(const std::string& text) {
    const std::string mark = "suppressed=";
    std::uint64_t sum = 0;
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; ++at)
        sum += std::strtoull(text.c_str() + at + mark.size(), nullptr, 10);
    return sum;
}

}  // namespace

TEST_CASE("handlers that fail cannot flood the log, in whatever thread or process they do",
          "[server]") {
    constexpr std::size_t failures = 20;
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        kind.options.log = {.burst = 2, .interval = 1h};
        {
            const captured_stderr errors;
            ringlet::tcp_server server(loopback, fail<ringlet::stream>, kind.options);
            serving_thread serving(server);
            for (std::size_t i = 0; i < failures; ++i) {
                blocking_client client(server.server_address());
                client.shutdown_sending();
                CHECK(client.receive_all().empty());
            }
            server.shutdown();
            serving.join();
            const std::string text = errors.text();
            CHECK(count(text, "ringlet: a handler failed level=error client=") == 2);
            CHECK(suppressed(text) == failures - 2);
            CHECK(count(text, "\n") == 3);
        }
        {
            const captured_stderr errors;
            ringlet::udp_server server(loopback, fail<ringlet::datagram_request>, kind.options);
            serving_thread serving(server);
            blocking_datagram_client client(server.server_address());
            for (std::size_t i = 0; i < failures; ++i) {
                client.send("x");
                CHECK(eventually([&] { return server.counters().failed.other > i; }));
            }
            server.shutdown();
            serving.join();
            const std::string text = errors.text();
            CHECK(count(text, "ringlet: a handler failed level=error client=") == 2);
            CHECK(suppressed(text) == failures - 2);
        }
    }
}

TEST_CASE("children that are lost cannot flood the log either", "[server]") {
    ringlet::server_options options;
    options.concurrency = ringlet::concurrency::fork_per_request;
    options.log = {.burst = 1, .interval = 1h};
    const captured_stderr errors;
    ringlet::tcp_server server(
        loopback, [](ringlet::stream&) -> task<> { ::_exit(7); }, options);
    serving_thread serving(server);
    for (int i = 0; i < 4; ++i) {
        blocking_client client(server.server_address());
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
    }
    server.shutdown();
    serving.join();
    const std::string text = errors.text();
    CHECK(count(text, "ringlet: a child process was lost level=error pid=") == 1);
    CHECK(count(text, "status=\"exited with status 7\" requests=1\n") == 1);
    CHECK(suppressed(text) == 3);
    CHECK(server.counters().failed.child_lost == 4);
    CHECK(server.counters().children_lost == 4);
}

TEST_CASE("what was left out is told when serving ends, and the next time begins anew",
          "[server]") {
    ringlet::server_options options;
    options.log = {.burst = 1, .interval = 1h};
    ringlet::tcp_server server(loopback, fail<ringlet::stream>, options);
    for (const std::size_t reported : {1U, 0U}) {  // the hour is not over
        const captured_stderr errors;
        serving_thread serving(server);
        for (int i = 0; i < 3; ++i)
            CHECK(blocking_client(server.server_address()).receive_all().empty());
        server.shutdown();
        serving.join();
        CHECK(count(errors.text(), "client=") == reported);
        CHECK(suppressed(errors.text()) == 3 - reported);
    }
}

}  // namespace tests::server_reports
