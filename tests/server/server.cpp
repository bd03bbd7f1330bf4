#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "in_time.hpp"
#include "milestone.hpp"
#include "recording_server.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/server/server.hpp>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <thread>

namespace tests::server_server {

using namespace std::chrono_literals;

namespace {

/// One client that is served, from its connection to its end.
void talk_to(const ringlet::server& server) {
    blocking_client client(server.server_address());
    CHECK(client.exchange("hello") == "hello");
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
}

/// A client that has asked and waits for its answer.
blocking_client asking(const ringlet::server& server, std::string_view question) {
    blocking_client client(server.server_address());
    client.send(question);
    client.shutdown_sending();
    return client;
}

void serve_forever(ringlet::server& server) {
    in_time([&server] { server.serve_forever(); });
}

void handle_request(ringlet::server& server) {
    in_time([&server] { server.handle_request(); });
}

/// Binds the server's socket and serves, both in a thread of its own, until the end of this object.
/// A serving_thread binds before it starts its thread.
class binding_thread {
public:
    explicit binding_thread(ringlet::server& served)
        : server_(served),
          serving_(std::async(std::launch::async, [&served] { served.serve_forever(); })) {}
    binding_thread(const binding_thread&) = delete;
    binding_thread& operator=(const binding_thread&) = delete;
    ~binding_thread() {
        server_.shutdown();
        get_in_time(serving_);
    }

private:
    ringlet::server& server_;
    std::future<void> serving_;
};

class counts_timeouts : public ringlet::tcp_server {
public:
    using tcp_server::tcp_server;
    int timeouts = 0;

protected:
    void handle_timeout() override { ++timeouts; }
};

const ringlet::address loopback("127.0.0.1", 0);

}  // namespace

TEST_CASE("a server that was shut down serves again", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    for (int i = 0; i < 3; ++i) {
        serving_thread serving(server);
        talk_to(server);
        server.shutdown();
        serving.join();
    }
}

TEST_CASE("a server that binds late may be asked for its address meanwhile", "[server]") {
    ringlet::server_options options;
    options.bind_and_activate = false;
    ringlet::tcp_server server(loopback, echo, options);
    CHECK(server.fileno() == -1);
    CHECK(server.server_address() == ringlet::address());
    const binding_thread serving(server);
    CHECK(eventually([&] { return server.server_address().port() != 0; }));
    CHECK(eventually([&] { return server.fileno() >= 0; }));
    talk_to(server);
}

TEST_CASE("a server whose socket is seen to be bound has its address", "[server]") {
    ringlet::server_options options;
    options.bind_and_activate = false;
    ringlet::tcp_server server(loopback, echo, options);
    const binding_thread serving(server);
    CHECK(eventually([&] { return server.fileno() >= 0; }));
    CHECK(server.server_address().port() != 0);
    talk_to(server);
}

TEST_CASE("clients that come while nobody serves wait in the backlog", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    blocking_client early = asking(server, "early");
    serving_thread serving(server);
    CHECK(early.receive_all() == "early");
    server.shutdown();
    serving.join();
    server.server_bind();
    server.server_activate();
    blocking_client between = asking(server, "between");
    const serving_thread again(server);
    CHECK(between.receive_all() == "between");
}

TEST_CASE("a server that serves cannot be made to serve a second time", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    serving_thread serving(server);
    talk_to(server);  // so that it does serve
    CHECK_THROWS_AS(serve_forever(server), std::logic_error);
    CHECK_THROWS_AS(handle_request(server), std::logic_error);
    talk_to(server);  // and goes on
}

TEST_CASE("a handler cannot make its own server serve a second time", "[server]") {
    recording_server server([](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
        int refused = 0;
        for (const auto serve : {&ringlet::server::serve_forever, &ringlet::server::handle_request})
            try {
                (owner.*serve)();
            } catch (const std::logic_error&) {
                ++refused;
            }
        co_await client.send_all(std::string_view(refused == 2 ? "refused" : "served"));
    });
    const serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "refused");
}

TEST_CASE("several servers share one loop", "[server]") {
    ringlet::tcp_server one(loopback, echo);
    ringlet::tcp_server other(loopback, echo);
    auto serving = std::async(std::launch::async, [&] {
        run_coroutine([&]() -> ringlet::task<> {
            ringlet::detail::joinable_task_group servers;
            servers.spawn(one.serve());
            servers.spawn(other.serve());
            co_await servers.join();
        });
    });
    talk_to(one);
    talk_to(other);
    other.shutdown();
    talk_to(one);  // which does not mind
    one.shutdown();
    get_in_time(serving);
}

TEST_CASE("a serve that is cancelled ends its connections and can be begun again", "[server]") {
    ringlet::tcp_server server(loopback, echo, {.drain_timeout = 20ms});
    blocking_client silent(server.server_address());
    const auto serve_briefly = [&]() -> ringlet::task<> {
        const ringlet::cancel_scope limit(50ms);
        co_await server.serve();
    };
    CHECK_THROWS_AS(in_time([&] { run_coroutine(serve_briefly); }), std::system_error);
    CHECK(silent.receive_all().empty());
    const serving_thread serving(server);
    talk_to(server);
}

TEST_CASE("handle_request handles one request, and the next client waits", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    blocking_client first = asking(server, "first");
    blocking_client second = asking(server, "second");
    handle_request(server);
    CHECK(first.receive_all() == "first");
    CHECK(second.nothing_to_receive());
    handle_request(server);
    CHECK(second.receive_all() == "second");
}

TEST_CASE("handle_request says that nobody came in time", "[server]") {
    ringlet::server_options options;
    options.handle_request_timeout = 20ms;
    counts_timeouts server(loopback, echo, options);
    handle_request(server);
    CHECK(server.timeouts == 1);
    blocking_client client = asking(server, "in time");
    handle_request(server);
    CHECK(server.timeouts == 1);
    CHECK(client.receive_all() == "in time");
}

TEST_CASE("the time of handle_request is for the request to come, not for the handler",
          "[server]") {
    ringlet::server_options options;
    options.handle_request_timeout = 20ms;
    counts_timeouts server(
        loopback,
        [](ringlet::stream& client) -> ringlet::task<> {
            co_await ringlet::sleep_for(60ms);
            co_await client.send_all("done");
        },
        options);
    blocking_client client(server.server_address());
    handle_request(server);
    CHECK(server.timeouts == 0);
    CHECK(client.receive_all() == "done");
}

TEST_CASE("a request to shut down ends handle_request, whenever it comes", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    for (int i = 0; i < 50; ++i) {
        std::thread other([&server] { server.shutdown(); });
        handle_request(server);
        other.join();
    }
    server.shutdown();
    blocking_client client = asking(server, "later");
    handle_request(server);  // carries out the shutdown, and does no more
    CHECK(client.nothing_to_receive());
    handle_request(server);
    CHECK(client.receive_all() == "later");
}

TEST_CASE("a server tells where it listens and on which descriptor", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    CHECK(server.server_address().host() == "127.0.0.1");
    CHECK(server.server_address().port() != 0);
    REQUIRE(server.fileno() >= 0);
    int listening = 0;
    socklen_t size = sizeof(listening);
    REQUIRE(::getsockopt(server.fileno(), SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0);
    CHECK(listening == 1);
    const int before = server.fileno();
    {
        const serving_thread serving(server);
        talk_to(server);
        CHECK(server.fileno() == before);
    }
    CHECK(server.fileno() == -1);
    server.server_bind();
    CHECK(server.fileno() >= 0);
    server.server_close();
    CHECK(server.fileno() == -1);
}

TEST_CASE("a closed server has freed its port and serves no more", "[server]") {
    ringlet::tcp_server server(loopback, echo);
    server.server_close();
    server.server_close();  // once more is harmless
    CHECK_THROWS_AS(serve_forever(server), std::logic_error);
    CHECK_THROWS_AS(handle_request(server), std::logic_error);
    server.shutdown();
    const ringlet::tcp_server heir(server.server_address(), echo);
    CHECK(heir.server_address() == server.server_address());
}

TEST_CASE("a server that is closed by its handler ends and then closes", "[server]") {
    recording_server server([](ringlet::stream& client, ringlet::server& owner) -> ringlet::task<> {
        owner.server_close();
        co_await client.send_all(std::string_view(owner.fileno() >= 0 ? "not yet" : "too early"));
    });
    serving_thread serving(server);
    CHECK(blocking_client(server.server_address()).receive_all() == "not yet");
    serving.join();
    CHECK(server.fileno() == -1);
    CHECK_THROWS_AS(serve_forever(server), std::logic_error);
    const ringlet::tcp_server heir(server.server_address(), echo);
    CHECK(heir.server_address() == server.server_address());
}

TEST_CASE("a server's end frees its port", "[server]") {
    ringlet::address freed;
    {
        ringlet::tcp_server server(loopback, echo);
        freed = server.server_address();
        const serving_thread serving(server);
        talk_to(server);
    }
    ringlet::tcp_server heir(freed, echo);
    const serving_thread serving(heir);
    talk_to(heir);
}

TEST_CASE("by default an exception is one line that names the client", "[server]") {
    const captured_stderr errors;
    ringlet::tcp_server server(loopback, [](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 1> wanted;
        co_await client.recv(wanted);
        if (wanted[0] == 'i')
            throw 42;
        throw std::runtime_error("out of order");
    });
    serving_thread serving(server);
    std::string expected;
    for (const auto& [wanted, said] : {std::pair("r", "out of order"),
                                       std::pair("i", "an exception that is no std::exception")}) {
        blocking_client client(server.server_address());
        client.send(wanted);
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
        expected +=
            "ringlet: a handler failed level=error client=" + client.local_address().to_string() +
            " error=\"" + said + "\"\n";
    }
    server.shutdown();
    serving.join();
    CHECK(errors.text() == expected);
}

TEST_CASE("clients who make handlers fail cannot flood the log", "[server]") {
    const captured_log log;
    ringlet::server_options options;
    options.log = {.burst = 2, .interval = 1h};
    ringlet::tcp_server server(
        loopback,
        [](ringlet::stream& /*client*/) -> ringlet::task<> {
            throw std::runtime_error("once more");
            co_return;
        },
        options);
    serving_thread serving(server);
    for (int i = 0; i < 20; ++i)
        CHECK(blocking_client(server.server_address()).receive_all().empty());
    CHECK(log.lines().size() == 2);
    server.shutdown();
    serving.join();
    CHECK(log.lines().size() == 3);
    CHECK(log.lines().back() == "ringlet: a handler failed level=error suppressed=18\n");
}

TEST_CASE("a handle_error that throws is reported itself, and the server goes on", "[server]") {
    struct careless : ringlet::tcp_server {
        careless()
            : tcp_server(loopback, [](ringlet::stream& /*client*/) -> ringlet::task<> {
                  throw std::runtime_error("the first error");
                  co_return;
              }) {}
        void handle_error(std::exception_ptr, const ringlet::address&) override {
            throw std::runtime_error("the second error");
        }
    };
    const captured_stderr errors;
    careless server;
    serving_thread serving(server);
    for (int i = 0; i < 2; ++i)
        CHECK(blocking_client(server.server_address()).receive_all().empty());
    server.shutdown();
    serving.join();
    const std::string text = errors.text();
    const auto first = text.find("the first error");
    CHECK(first != std::string::npos);
    CHECK(text.find("the second error") > first);
    CHECK(std::count(text.begin(), text.end(), '\n') == 4);
}

}  // namespace tests::server_server
