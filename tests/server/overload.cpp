// A server that has run out of descriptors.

#include "blocking_client.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "descriptor_hoard.hpp"
#include "descriptor_limit.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "milestone.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <ctime>
#include <vector>

namespace tests::server_overload {

using namespace std::chrono_literals;

namespace {

class overloaded_server : public ringlet::tcp_server {
public:
    explicit overloaded_server(ringlet::any_handler<ringlet::stream> handler)
        : tcp_server({"127.0.0.1", 0}, std::move(handler)) {}

    // Low, so that it is soon exhausted; and set before the server begins to accept, since an
    // accept goes by the limit there was when it was prepared.
    const descriptor_limit limit{256};

    milestone stuck{"the server says that it is overloaded"};
    std::vector<std::pair<std::error_code, std::chrono::milliseconds>> overloads;

protected:
    void handle_overload(std::error_code error, std::chrono::milliseconds pause) override {
        overloads.emplace_back(error, pause);
        stuck.reach();
    }
};

std::chrono::nanoseconds cpu_time_of_this_thread() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

/// Answers after half a second what the serving thread has been meanwhile: "idle" or "busy".
ringlet::task<> measure_load(ringlet::stream& client) {
    constexpr auto time = 500ms;
    for (std::array<char, 1> any; co_await client.recv(any) > 0;) {
        const auto before = cpu_time_of_this_thread();
        co_await ringlet::sleep_for(time);
        const auto busy = cpu_time_of_this_thread() - before;
        co_await client.send_all(busy < time / 10 ? "idle" : "busy");
    }
}

}  // namespace

TEST_CASE("a server without descriptors serves those it has, and recovers by itself", "[server]") {
    overloaded_server server(echo);
    serving_thread serving(server);
    blocking_client old(server.server_address());
    CHECK(old.exchange("x") == "x");
    blocking_client next;
    {
        const descriptor_hoard all;
        next.connect(server.server_address());
        next.send("y");
        server.stuck.await();
        for (int i = 0; i < 100; ++i)
            CHECK(old.exchange("still") == "still");
        CHECK(next.nothing_to_receive());
    }
    CHECK(next.receive(1) == "y");
    server.shutdown(0s);
    serving.join();
    REQUIRE(server.overloads.size() == 1);
    CHECK(server.overloads[0].first == std::errc::too_many_files_open);
    CHECK(server.overloads[0].second == 5ms);
}

TEST_CASE("each time that a server gets stuck is told once", "[server]") {
    overloaded_server server(echo);
    serving_thread serving(server);
    std::vector<blocking_client> clients;  // who left would free a descriptor
    CHECK(clients.emplace_back(server.server_address()).exchange("x") == "x");
    for (int i = 0; i < 3; ++i) {
        blocking_client& next = clients.emplace_back();
        {
            const descriptor_hoard all;
            next.connect(server.server_address());
            server.stuck.await();
        }
        CHECK(next.exchange("x") == "x");
    }
    server.shutdown(0s);
    serving.join();
    CHECK(server.overloads.size() == 3);
    CHECK(server.counters().accept_pauses == 3);
}

TEST_CASE("a server without descriptors does not spin", "[server]") {
    overloaded_server server(measure_load);
    const serving_thread serving(server);
    blocking_client old(server.server_address());
    old.send("x");
    CHECK(old.receive(4) == "idle");
    blocking_client waiting;
    const descriptor_hoard all;
    waiting.connect(server.server_address());
    server.stuck.await();
    old.send("x");
    CHECK(old.receive(4) == "idle");
}

TEST_CASE("a server without descriptors can be shut down", "[server]") {
    overloaded_server server(echo);
    serving_thread serving(server);
    blocking_client old(server.server_address());
    CHECK(old.exchange("x") == "x");
    blocking_client waiting;
    const descriptor_hoard all;
    waiting.connect(server.server_address());
    server.stuck.await();
    server.shutdown(0s);
    serving.join();
    CHECK(old.receive_all().empty());
}

TEST_CASE("by default an overload is one line", "[server]") {
    const captured_stderr errors;
    const descriptor_limit limit(256);
    ringlet::tcp_server server({"127.0.0.1", 0}, echo);
    serving_thread serving(server);
    blocking_client old(server.server_address());
    CHECK(old.exchange("x") == "x");
    blocking_client next;
    {
        const descriptor_hoard all;
        next.connect(server.server_address());
        CHECK(eventually([&] {
            old.exchange("x");
            return !errors.text().empty();
        }));
    }
    CHECK(next.exchange("y") == "y");
    CHECK(errors.text() ==
          "ringlet: accepting pauses level=warning address=" + server.server_address().to_string() +
              " first_pause_ms=5 error=\"Too many open files\"\n");
}

}  // namespace tests::server_overload
