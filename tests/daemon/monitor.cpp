#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "in_time.hpp"
#include "server/echo.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/named.hpp>
#include <ringlet/coro/when_all.hpp>
#include <ringlet/daemon/monitor.hpp>
#include <ringlet/daemon/run.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

namespace tests::daemon_monitor {

using namespace std::chrono_literals;
using ringlet::daemon::metrics_text;
using ringlet::daemon::monitor;
using ringlet::daemon::monitor_options;

namespace {

const ringlet::address any_port("127.0.0.1", 0);

/// A monitor that serves in a thread of its own, once it has been prepared.
struct serving_monitor {
    explicit serving_monitor(
        const ringlet::address& local = any_port, const monitor_options& options = {},
        const std::function<void(monitor&)>& prepare = [](monitor&) {})
        : told(local, options), serving((prepare(told), told.served())) {}

    /// What the monitor answers to the bytes of a request.
    std::string exchange(const std::string& request) {
        blocking_client client(told.served().server_address());
        client.send(request);
        return client.receive_all();
    }

    std::string get(const std::string& path) {
        return exchange("GET " + path + " HTTP/1.1\r\nHost: here\r\n\r\n");
    }

    monitor told;
    serving_thread serving;
};

ringlet::task<> serve_both(ringlet::server& one, ringlet::server& other) {
    co_await ringlet::when_all(one.serve(), other.serve());
}

std::string tasks_told_by(monitor& told) {
    blocking_client client(told.served().server_address());
    client.send("GET /debug/tasks?all HTTP/1.0\r\n\r\n");
    return client.receive_all();
}

ringlet::task<> receive_some(ringlet::stream& client) {
    std::array<std::byte, 16> buffer{};
    co_await client.recv(buffer);
}

std::string status_of(const std::string& answer) {
    return answer.substr(0, answer.find("\r\n"));
}

std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

TEST_CASE("a monitor tells that it is alive, and whether the service is ready", "[daemon]") {
    serving_monitor monitor;
    CHECK(monitor.get("/healthz") == "HTTP/1.1 200 OK\r\n"
                                     "Content-Type: text/plain; charset=utf-8\r\n"
                                     "Content-Length: 6\r\n"
                                     "Cache-Control: no-store\r\n"
                                     "Connection: close\r\n\r\n"
                                     "alive\n");
    CHECK(status_of(monitor.get("/readyz")) == "HTTP/1.1 503 Service Unavailable");
    monitor.told.set_ready(true);
    CHECK(status_of(monitor.get("/readyz")) == "HTTP/1.1 200 OK");
    monitor.told.set_ready(false);
    CHECK(body_of(monitor.get("/readyz")) == "not ready\n");
}

TEST_CASE("a monitor tells metrics, its own server's among them where asked", "[daemon]") {
    serving_monitor monitor(any_port, {}, [](ringlet::daemon::monitor& made) {
        made.counted().add("monitor", made.served());
    });
    const std::string answer = monitor.get("/metrics");
    INFO(answer);
    CHECK(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
          std::string::npos);
    CHECK(answer.find("\nringlet_server_active{server=\"monitor\"} 1\n") != std::string::npos);
    CHECK(answer.ends_with('\n'));
}

TEST_CASE("a monitor tells what waits, by its name", "[daemon]") {
    const auto wait = [](ringlet::stream& client) -> ringlet::task<> {
        co_await ringlet::named("an upload", receive_some(client));
    };
    ringlet::tcp_server server(any_port, wait);
    monitor told(any_port);
    // Both in one loop, as in a program.
    const auto both = std::async(std::launch::async, [&] {
        ringlet::loop owner;
        ringlet::block_on(owner, serve_both(server, told.served()));
    });
    blocking_client waiting(server.server_address());
    CHECK(eventually(
        [&] { return tasks_told_by(told).find(", in an upload\n") != std::string::npos; }));
    INFO(tasks_told_by(told));
    server.shutdown(0s);
    told.served().shutdown(0s);
    both.wait();
}

TEST_CASE("a monitor tells what waits in other threads, and how many of them hang", "[daemon]") {
    std::atomic<bool> unblocked = false;
    const auto wait_and_block = [&](ringlet::stream& client) -> ringlet::task<> {
        co_await ringlet::named("an upload", receive_some(client));
        while (!unblocked)
            std::this_thread::yield();
    };
    ringlet::tcp_server server(any_port, wait_and_block,
                               {.concurrency = ringlet::concurrency::threads, .workers = 1});
    const serving_thread serving(server);
    serving_monitor monitor;
    blocking_client client(server.server_address());
    CHECK(eventually(
        [&] { return tasks_told_by(monitor.told).find(", in an upload\n") != std::string::npos; }));
    client.send("x");
    CHECK(eventually([&] {
        return tasks_told_by(monitor.told).ends_with("since something in it blocks: 1\n");
    }));
    unblocked = true;
    CHECK(eventually([&] {
        return tasks_told_by(monitor.told).find("something in it blocks") == std::string::npos;
    }));
}

TEST_CASE("what a monitor does not know is refused", "[daemon]") {
    serving_monitor monitor;
    CHECK(status_of(monitor.get("/")) == "HTTP/1.1 404 Not Found");
    CHECK(status_of(monitor.exchange("POST /healthz HTTP/1.1\r\nContent-Length: 0\r\n\r\n")) ==
          "HTTP/1.1 405 Method Not Allowed");
    for (const char* const bad : {"GET /healthz\r\n\r\n", "\r\n\r\n", " /healthz HTTP/1.1\r\n\r\n",
                                  "GET healthz HTTP/1.1\r\n\r\n", "GET / healthz HTTP/1.1\r\n\r\n",
                                  "GET /healthz HTTP/2.0\r\n\r\n", "\x16\x03\x01\r\n\r\n"}) {
        INFO(bad);
        CHECK(status_of(monitor.exchange(bad)) == "HTTP/1.1 400 Bad Request");
    }
    CHECK(monitor.exchange("HEAD /healthz HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
}

TEST_CASE("a request beyond the limit is refused", "[daemon]") {
    serving_monitor monitor(any_port, {.request_size_max = 100});
    const std::string field = "X: " + std::string(100, 'x');
    CHECK(status_of(monitor.exchange("GET /healthz HTTP/1.1\r\n" + field + "\r\n\r\n")) ==
          "HTTP/1.1 431 Request Header Fields Too Large");
    CHECK(status_of(monitor.get("/healthz")) == "HTTP/1.1 200 OK");
}

TEST_CASE("a client that asks nothing gets no answer, and is no failure", "[daemon]") {
    captured_log log;
    {
        serving_monitor monitor;
        CHECK(monitor.told.served().counters().accepted == 0);
        for (const char* const asked : {"", "GET /heal"}) {
            blocking_client client(monitor.told.served().server_address());
            client.send(asked);
            client.shutdown_sending();
            CHECK(client.receive_all().empty());
        }
    }
    CHECK(log.text().empty());
}

TEST_CASE("a client that never reads is given up, with a line in the log", "[daemon]") {
    captured_log log;
    const auto much = [](metrics_text& out) {
        out.gauge("much", std::string(std::size_t{64} << 20U, 'x'), {}, 1);
    };
    serving_monitor monitor(any_port, {.clients_max = 1, .request_timeout = 100ms},
                            [&](ringlet::daemon::monitor& made) { made.counted().add(much); });
    blocking_client deaf(monitor.told.served().server_address());
    deaf.send("GET /metrics HTTP/1.1\r\n\r\n");
    CHECK(eventually(
        [&] { return log.text().find("the monitor has given a client up") != std::string::npos; }));
    INFO(log.text());
    CHECK(log.text().find(deaf.local_address().to_string()) != std::string::npos);
    CHECK(status_of(monitor.get("/healthz")) == "HTTP/1.1 200 OK");
}

TEST_CASE("metrics that throw are an answer, and a line in the log", "[daemon]") {
    captured_log log;
    const auto fail = [](metrics_text&) { throw std::runtime_error("no numbers today"); };
    serving_monitor monitor(any_port, {},
                            [&](ringlet::daemon::monitor& made) { made.counted().add(fail); });
    CHECK(status_of(monitor.get("/metrics")) == "HTTP/1.1 500 Internal Server Error");
    CHECK(log.text().find("no numbers today") != std::string::npos);
    CHECK(status_of(monitor.get("/healthz")) == "HTTP/1.1 200 OK");
}

TEST_CASE("a monitor listens on a Unix socket too", "[daemon]") {
    const temporary_directory directory;
    serving_monitor monitor(ringlet::address::unix_path((directory.path() / "monitor").string()));
    CHECK(body_of(monitor.get("/healthz")) == "alive\n");
}

TEST_CASE("the monitor of a service is ready while the service is, and answers while it drains",
          "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(any_port, echo);
    const temporary_directory directory;
    const auto local = ringlet::address::unix_path((directory.path() / "monitor").string());
    std::promise<void> listening;
    std::future<int> running = std::async(std::launch::async, [&] {
        return ringlet::daemon::run([&](ringlet::daemon::service& self) {
            monitor told(self, local);
            listening.set_value();
            told.counted().add("web", server);
            self.serve(server);
        });
    });
    listening.get_future().get();
    const auto get = [&](const char* path) {
        blocking_client client(AF_UNIX);
        client.connect(local);
        client.send(std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
        return client.receive_all();
    };
    CHECK(eventually([&] { return status_of(get("/readyz")) == "HTTP/1.1 200 OK"; }));
    blocking_client last(server.server_address());
    CHECK(last.exchange("hello") == "hello");
    CHECK(::kill(::getpid(), SIGTERM) == 0);
    CHECK(eventually([&] { return server.fileno() < 0; }));
    CHECK(status_of(get("/readyz")) == "HTTP/1.1 503 Service Unavailable");
    CHECK(status_of(get("/healthz")) == "HTTP/1.1 200 OK");
    CHECK(get("/metrics").find("ringlet_server_active{server=\"web\"} 1\n") != std::string::npos);
    last.close();
    CHECK(get_in_time(running) == 0);
}

TEST_CASE("a monitor with options that make no sense is refused", "[daemon]") {
    CHECK_THROWS_WITH(monitor(any_port, {.request_size_max = 0}),
                      "monitor_options::request_size_max must be 1 or more");
    CHECK_THROWS_AS(monitor(any_port, {.clients_max = 0}), std::invalid_argument);
    CHECK_THROWS_AS(monitor(any_port, {.request_timeout = -1s}), std::invalid_argument);
    CHECK_THROWS_AS(monitor(ringlet::address()), std::invalid_argument);
}

}  // namespace tests::daemon_monitor
