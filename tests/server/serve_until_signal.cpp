#include "blocking_client.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "in_time.hpp"
#include "milestone.hpp"
#include "serving_thread.hpp"
#include "signalled.hpp"

#include <ringlet/server/serve_until_signal.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <csignal>
#include <future>
#include <stdexcept>
#include <system_error>

namespace tests::server_serve_until_signal {

using namespace std::chrono_literals;

namespace {

const ringlet::address any_port("127.0.0.1", 0);
constexpr auto until_the_end = std::chrono::hours(1);  // a grace that no passing test waits out

/// Calls serve_until_signal in a thread of its own.
template <class... Servers>
std::future<void> serve_in_thread(Servers&... servers) {
    return std::async(std::launch::async, [&] { ringlet::serve_until_signal(servers...); });
}

}  // namespace

TEST_CASE("the first signal lets a request that has begun come to its end", "[server]") {
    const int number = GENERATE(SIGINT, SIGTERM);
    ringlet::tcp_server server(any_port, echo, {.drain_timeout = until_the_end});
    std::future<void> serving = serve_in_thread(server);
    blocking_client client = served_client(server);
    send_signal(number);
    client.send("still there?");
    CHECK(client.receive(12) == "still there?");
    client.close();
    get_in_time(serving);
    CHECK(server.counters().finished == 1);
}

TEST_CASE("the second signal does not wait for requests", "[server]") {
    ringlet::tcp_server server(any_port, echo, {.drain_timeout = until_the_end});
    std::future<void> serving = serve_in_thread(server);
    const blocking_client client = served_client(server);
    send_signal(SIGTERM);
    send_signal(SIGINT);
    get_in_time(serving);
    CHECK(server.counters().failed.cancelled == 1);
}

TEST_CASE("several servers serve in one loop and stop at one signal", "[server]") {
    ringlet::tcp_server one(any_port, echo);
    ringlet::threading_tcp_server other(any_port, echo, {.workers = 2});
    std::future<void> serving = serve_in_thread(one, other);
    served_client(one).close();
    served_client(other).close();
    send_signal(SIGTERM);
    get_in_time(serving);
    CHECK(one.counters().finished == 1);
    CHECK(other.counters().finished == 1);
}

TEST_CASE("a server that cannot serve lets the others come to their end, and is told", "[server]") {
    ringlet::tcp_server one(any_port, echo);
    ringlet::tcp_server taken(one.server_address(), echo, {.bind_and_activate = false});
    std::future<void> serving = serve_in_thread(one, taken);
    CHECK_THROWS_AS(get_in_time(serving), std::system_error);
}

TEST_CASE("servers that are shut down otherwise need no signal", "[server]") {
    ringlet::tcp_server one(any_port, echo);
    ringlet::tcp_server other(any_port, echo);
    std::future<void> serving = serve_in_thread(one, other);
    served_client(one).close();
    one.shutdown();
    served_client(other).close();
    other.shutdown();
    get_in_time(serving);
}

TEST_CASE("a signal does not end the next serving of a server that has stopped before",
          "[server]") {
    ringlet::tcp_server stopped(any_port, echo);
    ringlet::tcp_server other(any_port, echo);
    std::future<void> serving = serve_in_thread(stopped, other);
    blocking_client last = served_client(stopped);
    stopped.shutdown(0s);
    CHECK(last.receive(1).empty());
    served_client(other).close();
    send_signal(SIGTERM);
    get_in_time(serving);
    const serving_thread again(stopped);
    served_client(stopped).close();
}

TEST_CASE("a server that is named twice is refused", "[server]") {
    ringlet::tcp_server server(any_port, echo);
    CHECK_THROWS_AS(ringlet::serve_until_signal(server, server), std::invalid_argument);
}

TEST_CASE("the signals have their former effect when serving is over", "[server]") {
    static void (*const mine)(int) = [](int) {};
    void (*const before)(int) = std::signal(SIGTERM, mine);
    ringlet::tcp_server server(any_port, echo);
    std::future<void> serving = serve_in_thread(server);
    served_client(server).close();
    send_signal(SIGTERM);
    get_in_time(serving);
    CHECK(std::signal(SIGTERM, before) == mine);
}

TEST_CASE("a signal that comes when the servers are ready stops them", "[server]") {
    ringlet::tcp_server bound(any_port, echo);
    ringlet::tcp_server bound_later(any_port, echo, {.bind_and_activate = false});
    int port = 0;
    in_time([&] {
        ringlet::serve_until_signal(
            [&] {
                port = bound_later.server_address().port();
                send_signal(SIGTERM);
            },
            bound, bound_later);
    });
    CHECK(port > 0);
}

TEST_CASE("a failure to say that servers are ready ends serving", "[server]") {
    ringlet::tcp_server server(any_port, echo);
    const auto serve = [&] {
        ringlet::serve_until_signal([] { throw std::runtime_error("no terminal"); }, server);
    };
    CHECK_THROWS_AS(in_time(serve), std::runtime_error);
    const ringlet::tcp_server holder(any_port, echo);
    ringlet::tcp_server taken(holder.server_address(), echo, {.bind_and_activate = false});
    bool told = false;
    CHECK_THROWS_AS(in_time([&] { ringlet::serve_until_signal([&] { told = true; }, taken); }),
                    std::system_error);
    CHECK_FALSE(told);
}

}  // namespace tests::server_serve_until_signal
