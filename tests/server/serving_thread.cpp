#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "in_time.hpp"
#include "milestone.hpp"

#include <ringlet/server/serving_thread.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <pthread.h>

#include <csignal>
#include <optional>
#include <stdexcept>

namespace tests::server_serving_thread {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);
constexpr auto until_the_end = std::chrono::hours(1);  // a grace that no passing test waits out

bool answers(const ringlet::server& server) {
    return blocking_client(server.server_address()).exchange("hello") == "hello";
}

/// Reaches `end` when this thread has done everything else.
void tell_at_end_of_thread(milestone& end) {
    struct teller {
        milestone& told;
        ~teller() { told.reach(); }
    };
    thread_local const teller here{end};
}

class cannot_bind : public ringlet::tcp_server {
public:
    cannot_bind() : tcp_server(loopback, echo, {.bind_and_activate = false}) {}

private:
    void server_bind() override { throw std::runtime_error("no place to be"); }
};

class cannot_accept : public ringlet::tcp_server {
public:
    cannot_accept() : tcp_server(loopback, echo) {}

    milestone failed{"accepting has failed"};

private:
    ringlet::task<ringlet::stream> get_request(ringlet::listener& /*accepting*/) override {
        failed.reach();
        throw std::runtime_error("nobody at the door");
    }
};

}  // namespace

TEST_CASE("a server is served in the background until that is stopped", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    ringlet::serving_thread serving(server);
    CHECK(answers(server));
    blocking_client idle(server.server_address());
    CHECK(idle.exchange("x") == "x");
    in_time([&] { serving.stop(0s); });
    CHECK(idle.receive_all().empty());
    CHECK(server.counters().active == 0);
    in_time([&] {  // once more does nothing
        serving.stop();
        serving.join();
    });
    ringlet::serving_thread again(server);
    CHECK(answers(server));
}

TEST_CASE("the destructor of a serving_thread gives handlers the drain_timeout", "[server]") {
    ringlet::server_options options;
    options.drain_timeout = until_the_end;
    milestone begun("the handler has begun");
    ringlet::tcp_server server(
        loopback,
        [&](ringlet::stream& client) -> ringlet::task<> {
            begun.reach();
            co_await echo(client);
        },
        options);
    std::optional<ringlet::serving_thread> serving(server);
    blocking_client busy(server.server_address());
    begun.await();
    auto ending = std::async(std::launch::async, [&] { serving.reset(); });
    CHECK(busy.exchange("late") == "late");
    busy.shutdown_sending();
    CHECK(busy.receive_all().empty());
    get_in_time(ending);
    CHECK(server.counters().finished == 1);
}

TEST_CASE("joining a serving_thread waits for a shutdown from elsewhere", "[server]") {
    ringlet::tcp_server server(
        loopback, [](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
            owner.shutdown();
            co_await client.send_all("good night");
        });
    ringlet::serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "good night");
    in_time([&] { serving.join(); });
}

TEST_CASE("a serving_thread is not made where the server cannot be bound", "[server]") {
    cannot_bind server;
    CHECK_THROWS_AS(ringlet::serving_thread(server), std::runtime_error);
}

TEST_CASE("what serve_forever throws comes out of a serving_thread once", "[server]") {
    cannot_accept server;
    SECTION("of stop") {
        ringlet::serving_thread serving(server);
        server.failed.await();
        CHECK_THROWS_AS(in_time([&] { serving.stop(); }), std::runtime_error);
        serving.join();
    }
    SECTION("of join") {
        ringlet::serving_thread serving(server);
        CHECK_THROWS_AS(in_time([&] { serving.join(); }), std::runtime_error);
        serving.join();
    }
    SECTION("of its destructor, to the log") {
        captured_log log;
        in_time([&] {
            const ringlet::serving_thread serving(server);
            server.failed.await();
        });
        CHECK(log.text().find("nobody at the door") != std::string::npos);
    }
}

TEST_CASE("stopping what has ended by itself does not end the next serving", "[server]") {
    milestone ended("the thread that served has ended");
    ringlet::tcp_server server(
        loopback, [&](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
            tell_at_end_of_thread(ended);
            owner.shutdown();
            co_await client.send_all("good night");
        });
    for (int i = 0; i < 2; ++i) {
        ringlet::serving_thread serving(server);
        CHECK(blocking_client(server.server_address()).receive_all() == "good night");
        ended.await();
        in_time([&] { serving.stop(); });
    }
}

TEST_CASE("signals are left to the other threads, handlers' included", "[server]") {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    milestone looked("the handler has looked");
    ringlet::tcp_server server(loopback, [&](ringlet::stream&) -> ringlet::task<> {
        ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        looked.reach();
        co_return;
    });
    const ringlet::serving_thread serving(server);
    const blocking_client client(server.server_address());
    looked.await();
    CHECK(::sigismember(&blocked, SIGTERM) == 1);
    CHECK(::sigismember(&blocked, SIGSEGV) == 0);
    sigset_t here;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &here);
    CHECK(::sigismember(&here, SIGTERM) == 0);
}

}  // namespace tests::server_serving_thread
