// How a server ends: shutdown, whenever it comes and from wherever, and the drain that follows.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "milestone.hpp"
#include "recording_server.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/sleep_for.hpp>

#include <csignal>
#include <stdexcept>
#include <thread>

namespace tests::server_shutdown {

using namespace std::chrono_literals;

namespace {

constexpr auto until_the_end = std::chrono::hours(1);  // a grace that no passing test waits out

ringlet::server* interrupted = nullptr;

/// Shuts `interrupted` down at SIGUSR1, while it lives.
class shuts_down_at_signal {
public:
    explicit shuts_down_at_signal(ringlet::server& server) {
        interrupted = &server;
        before_ = std::signal(SIGUSR1, [](int) { interrupted->shutdown(0s); });
    }
    shuts_down_at_signal(const shuts_down_at_signal&) = delete;
    shuts_down_at_signal& operator=(const shuts_down_at_signal&) = delete;
    ~shuts_down_at_signal() { std::signal(SIGUSR1, before_); }

private:
    void (*before_)(int);
};

}  // namespace

TEST_CASE("shutting down a server that never serves returns", "[server]") {
    recording_server server(echo);
    server.shutdown();
    server.shutdown(1s);
    SUCCEED("it has returned");
}

TEST_CASE("a shutdown that comes before serving ends the next serving only", "[server]") {
    recording_server server(echo);
    for (int i = 0; i < 3; ++i)
        server.shutdown();
    blocking_client early(server.server_address());
    early.send("early");
    in_time([&server] { server.serve_forever(); });
    CHECK(early.nothing_to_receive());
    serving_thread serving(server);
    CHECK(early.receive(5) == "early");
}

TEST_CASE("a shutdown that races the start of serving is not lost", "[server]") {
    // The kernel frees a ring some time after its end, and counts it for its user until then.
    ringlet::server_options options;
    options.loop.ring.submission_entries = 8;
    options.loop.ring.completion_entries = 16;
    recording_server server(echo, options);
    for (int i = 0; i < 300; ++i) {
        serving_thread serving(server);
        server.shutdown();
        serving.join();
    }
    SUCCEED("serve_forever has returned each time");
}

TEST_CASE("a shutdown ends a server with nothing to do", "[server]") {
    recording_server server(echo);
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).exchange("x") == "x");
    server.shutdown(until_the_end);
    serving.join();
}

TEST_CASE("many threads may shut a server down, often", "[server]") {
    recording_server server(echo);
    serving_thread serving(server);
    blocking_client idle(server.server_address());
    CHECK(idle.exchange("x") == "x");
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&server] {
            for (int i = 0; i < 500; ++i)
                server.shutdown(0s);
        });
    serving.join();
    for (auto& thread : threads)
        thread.join();
    CHECK(idle.receive_all().empty());
}

TEST_CASE("a handler may shut its own server down", "[server]") {
    recording_server server([](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
        owner.shutdown();
        co_await client.send_all("good night");
    });
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "good night");
    serving.join();
    CHECK(server.errors.empty());
}

TEST_CASE("a signal handler may shut down a server that runs", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::raise(SIGUSR1);
        co_await client.send_all("interrupted");
        std::array<char, 1> any;
        co_await client.recv(any);
    });
    const shuts_down_at_signal stopping(server);
    blocking_client client(server.server_address());
    in_time([&server] { server.serve_forever(); });
    CHECK(client.receive_all().size() <= std::string("interrupted").size());
}

TEST_CASE("a signal handler may shut down a server that waits", "[server]") {
    recording_server server(echo);
    const shuts_down_at_signal stopping(server);
    std::promise<pthread_t> serving;
    std::thread client([&] {
        blocking_client idle(server.server_address());
        idle.exchange("x");
        ::pthread_kill(serving.get_future().get(), SIGUSR1);
        idle.receive_all();
    });
    in_time([&] {
        serving.set_value(::pthread_self());
        server.serve_forever();
    });
    client.join();
    CHECK(server.errors.empty());
}

TEST_CASE("a busy handler finishes within the grace, and its reply arrives", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 4> buffer;
        co_await client.recv(buffer);
        co_await client.send_all("working");
        co_await client.recv(buffer);
        co_await client.send_all("done");
    });
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.send("work");
    CHECK(client.receive(7) == "working");
    server.shutdown(until_the_end);
    client.send("more");
    client.shutdown_sending();
    CHECK(client.receive_all() == "done");
    serving.join();
    CHECK(server.errors.empty());
}

TEST_CASE("at the deadline idle connections are ended, which is no error", "[server]") {
    ringlet::server_options options;
    options.drain_timeout = 40ms;
    recording_server server(echo, options);
    serving_thread serving(server);
    std::vector<blocking_client> idle;
    for (int i = 0; i < 8; ++i)
        CHECK(idle.emplace_back(server.server_address()).exchange("x") == "x");

    const auto begun = std::chrono::steady_clock::now();
    SECTION("after drain_timeout") {
        server.shutdown();
        serving.join();
        CHECK(std::chrono::steady_clock::now() - begun >= options.drain_timeout);
    }
    SECTION("after the grace that was given instead") {
        server.shutdown(80ms);
        serving.join();
        CHECK(std::chrono::steady_clock::now() - begun >= 80ms);
    }
    SECTION("at once") {
        server.shutdown(0s);
        serving.join();
    }
    SECTION("at once when the grace is negative") {
        server.shutdown(-1h);
        serving.join();
    }
    for (auto& client : idle)
        CHECK(client.receive_all().empty());
    CHECK(server.errors.empty());
}

TEST_CASE("a shorter grace ends a longer one, and a longer one extends nothing", "[server]") {
    const auto shorten = [](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
        owner.shutdown(until_the_end);
        co_await ringlet::sleep_for(10ms);  // the drain has begun
        owner.shutdown(0s);
        owner.shutdown(until_the_end);
        std::array<char, 1> never;
        co_await client.recv(never);
    };
    recording_server server(shorten);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    serving.join();
    CHECK(client.receive_all().empty());
    CHECK(server.errors.empty());
}

TEST_CASE("asking again and again does not extend the grace", "[server]") {
    recording_server server([](ringlet::stream&, ringlet::server& owner) -> ringlet::task<> {
        for (;;) {
            owner.shutdown(50ms);
            co_await ringlet::sleep_for(10ms);
        }
    });
    serving_thread serving(server);
    const blocking_client client(server.server_address());
    serving.join();
    CHECK(server.errors.empty());
}

TEST_CASE("a server that drains refuses clients, and may serve again", "[server]") {
    milestone draining("the drain has begun");
    recording_server server(
        [&draining](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
            owner.shutdown(until_the_end);
            co_await ringlet::sleep_for(10ms);
            draining.reach();
            std::array<char, 1> any;
            co_await client.recv(any);
        });
    serving_thread serving(server);
    const ringlet::address local = server.server_address();
    blocking_client last(local);
    draining.await();
    CHECK(eventually([&] { return server.fileno() == -1; }));
    CHECK_THROWS_AS(blocking_client(local), std::system_error);
    last.close();
    serving.join();
    serving_thread again(server);
    CHECK(eventually([&] { return server.fileno() != -1; }));
    CHECK(server.server_address() == local);
    blocking_client late(local);
    draining.await();
    late.shutdown_sending();
    CHECK(late.receive_all().empty());
}

TEST_CASE("at the deadline only the cancellation itself goes unreported", "[server]") {
    recording_server server([](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 1> any;
        co_await client.recv(any);
        co_await client.send_all(any);
        try {
            co_await client.recv(any);
        } catch (const std::system_error& error) {
            if (error.code() == std::errc::operation_canceled)
                throw std::runtime_error("it had to be all or nothing");
            throw;
        }
    });
    serving_thread serving(server);
    blocking_client client(server.server_address());
    CHECK(client.exchange("x") == "x");
    server.shutdown(0s);
    serving.join();
    REQUIRE(server.errors.size() == 1);
    CHECK(server.errors[0].text == "it had to be all or nothing");
}

TEST_CASE("operation_canceled that no shutdown caused is an error like any other", "[server]") {
    recording_server server([](ringlet::stream& /*client*/) -> ringlet::task<> {
        throw std::system_error(std::make_error_code(std::errc::operation_canceled), "by myself");
        co_return;
    });
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all().empty());
    server.shutdown();
    serving.join();
    CHECK(server.errors.size() == 1);
}

}  // namespace tests::server_shutdown
