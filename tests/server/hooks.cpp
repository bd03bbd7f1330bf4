// The hooks of servers: their order, and what becomes of what they throw.

#include "blocking_client.hpp"
#include "blocking_datagram_client.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "datagram_transport.hpp"
#include "echo.hpp"
#include "serving_thread.hpp"
#include "traced_servers.hpp"

#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

namespace tests::server_hooks {

using namespace std::chrono_literals;
using ringlet::address;

namespace {

using traced_tcp_server = traced_stream_server<ringlet::tcp_server>;
using traced_udp_server = traced_datagram_server<ringlet::udp_server>;

const address loopback("127.0.0.1", 0);

address unix_name() {
    return free_address(datagram_transport::unix_socket);
}

/// A traced server that serves.
template <class Server>
struct begun {
    explicit begun(const ringlet::server_options& options = {}, const address& local = loopback)
        : server(local, options), serving(server) {
        server.activated.await();
    }

    /// Ends serving, and gives what the hooks have noted that has not been read.
    std::string end(std::chrono::nanoseconds grace = 5s) {
        server.shutdown(grace);
        serving.join();
        return current->trace.read_rest();
    }

    Server server;
    serving_thread serving;
};

/// Connects, ends its side, and waits for the connection's end.
void visit(const address& server) {
    blocking_client client(server);
    client.shutdown_sending();
    CHECK(client.receive_all().empty());
}

const std::string stream_order = "server_bind\nserver_activate\nget_request\nprocess_request\n"
                                 "verify_request\nfinish_request\nsetup\nhandle\nfinish\n"
                                 "shutdown_request\nclose_request\n";
const std::string datagram_order = "server_bind\nserver_activate\nget_request\nverify_request\n"
                                   "process_request\nfinish_request\nsetup\nhandle\nfinish\n";

/// How often `name` is a line, and the lines without it.
std::size_t extract(std::string& lines, const std::string& name) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = lines.find(name + "\n")) != std::string::npos; ++count)
        lines.erase(at, name.size() + 1);
    return count;
}

template <class Server>
void check_order_of_stream_hooks(const address& local, const concurrency_kind& kind) {
    INFO(kind.name << ", " << local.to_string());
    current.emplace();
    CHECK(Server(local, kind.options).fileno() == -1);
    begun<Server> served(kind.options, local);
    visit(served.server.server_address());
    std::string lines = served.end();
    CHECK(extract(lines, "service_actions") == 1);
    CHECK(lines == stream_order);
}

template <class Server>
void check_order_of_datagram_hooks(const address& local, const concurrency_kind& kind) {
    INFO(kind.name << ", " << local.to_string());
    current.emplace();
    begun<Server> served(kind.options, local);
    blocking_datagram_client(served.server.server_address()).send("x");
    std::string lines = current->trace.read_until("finish");
    lines += served.end();
    CHECK(extract(lines, "service_actions") == 1);
    CHECK(lines == datagram_order);
}

bool is_called_before_handling(const std::string& hook) {
    return hook == "get_request" || hook == "verify_request" || hook == "process_request";
}

/// A server of one connection.
class exhaustible : public ringlet::tcp_server {
public:
    using ringlet::tcp_server::tcp_server;

protected:
    ringlet::task<ringlet::stream> get_request(ringlet::listener& accepting) override {
        if (accepting.yielded() == 1)
            throw std::runtime_error("no more");
        co_return co_await tcp_server::get_request(accepting);
    }
};

}  // namespace

TEST_CASE("the hooks of a stream server are called in order, wherever it handles requests",
          "[server]") {
    for (const concurrency_kind& kind : concurrency_kinds()) {
        check_order_of_stream_hooks<traced_tcp_server>(loopback, kind);
        check_order_of_stream_hooks<traced_stream_server<ringlet::unix_stream_server>>(unix_name(),
                                                                                       kind);
    }
}

TEST_CASE("the hooks of a datagram server are called in order, wherever it handles requests",
          "[server]") {
    for (const concurrency_kind& kind : concurrency_kinds()) {
        check_order_of_datagram_hooks<traced_udp_server>(loopback, kind);
        check_order_of_datagram_hooks<traced_datagram_server<ringlet::unix_datagram_server>>(
            unix_name(), kind);
    }
}

TEST_CASE("what a hook of a stream server throws is reported, and ends its request only",
          "[server]") {
    struct expectation {
        std::string failing;
        bool ended_properly;  // by shutdown_request
    };
    for (const auto& [failing, ended_properly] :
         {expectation{"get_request", false}, expectation{"verify_request", true},
          expectation{"process_request", false}, expectation{"finish_request", true},
          expectation{"setup", true}, expectation{"handle", true}, expectation{"finish", true},
          expectation{"shutdown_request", true}, expectation{"close_request", true}})
        for (const concurrency_kind& kind : concurrency_kinds()) {
            INFO(failing << " fails, " << kind.name);
            current.emplace(failing);
            begun<traced_tcp_server> served(kind.options);
            visit(served.server.server_address());
            visit(served.server.server_address());
            std::string lines = served.end();
            CHECK(extract(lines, failing + " fails") == 2);
            CHECK(lines.find(" fails\n") == std::string::npos);
            CHECK(extract(lines, "shutdown_request") == (ended_properly ? 2 : 0));
            const bool refused = is_called_before_handling(failing);
            const bool handled = failing == "shutdown_request" || failing == "close_request";
            const ringlet::server_counters counters = served.server.counters();
            CHECK(counters.accepted == 2);
            CHECK(counters.refused == (refused ? 2 : 0));
            CHECK(counters.failed.other == (refused || handled ? 0 : 2));
            CHECK(counters.finished == (handled ? 2 : 0));
            CHECK(counters.active == 0);
            CHECK(counters.children_lost == 0);
        }
}

TEST_CASE("what a hook of a datagram server throws is reported, and ends its request only",
          "[server]") {
    for (const std::string failing : {"get_request", "verify_request", "process_request",
                                      "finish_request", "setup", "handle", "finish"})
        for (const concurrency_kind& kind : concurrency_kinds()) {
            INFO(failing << " fails, " << kind.name);
            current.emplace(failing);
            begun<traced_udp_server> served(kind.options);
            blocking_datagram_client client(served.server.server_address());
            for (int i = 0; i < 2; ++i) {
                client.send("x");
                current->trace.read_until(failing + " fails");
            }
            served.end();
            const bool refused = is_called_before_handling(failing);
            const ringlet::server_counters counters = served.server.counters();
            CHECK(counters.refused == (refused ? 2 : 0));
            CHECK(counters.failed.other == (refused ? 0 : 2));
        }
}

TEST_CASE("a service_actions that throws is reported, and the server goes on", "[server]") {
    current.emplace("service_actions");
    begun<traced_tcp_server> served;
    visit(served.server.server_address());
    visit(served.server.server_address());
    std::string lines = served.end();
    CHECK(extract(lines, "service_actions fails") == 2);
    CHECK(served.server.counters().finished == 2);
}

TEST_CASE("a get_request that has nothing and throws ends serving, but not what is being handled",
          "[server]") {
    std::vector<concurrency_kind> tested = concurrency_kinds();
    tested.push_back(kinds::sharing_threads);
    for (const concurrency_kind& kind : tested) {
        if (kind.options.concurrency == ringlet::concurrency::forks)
            continue;  // a child of the pool ends, and is replaced
        INFO(kind.name);
        exhaustible server(loopback, echo, kind.options);
        serving_thread serving(server);
        blocking_client client(server.server_address());
        CHECK(client.exchange("x") == "x");
        CHECK(client.exchange("y") == "y");
        client.shutdown_sending();
        CHECK_THROWS_WITH(serving.join(), "no more");
        CHECK(server.counters().finished == 1);
    }
}

TEST_CASE("the socket may be bound and activated by hand", "[server]") {
    current.emplace();
    traced_tcp_server server(loopback, {});
    server.server_bind();
    CHECK(server.server_address().port() != 0);
    CHECK(server.fileno() >= 0);
    blocking_client early;
    CHECK_THROWS_AS(early.connect(server.server_address()), std::system_error);
    server.server_activate();
    serving_thread serving(server);
    visit(server.server_address());
    server.shutdown();
    serving.join();
    std::string lines = current->trace.read_rest();
    CHECK(extract(lines, "server_bind") == 1);
    CHECK(extract(lines, "server_activate") == 1);
}

TEST_CASE("a server whose server_activate threw can be served later", "[server]") {
    current.emplace("server_activate");
    traced_tcp_server server(loopback, {});
    CHECK_THROWS_WITH(server.serve_forever(), "server_activate fails");
    CHECK(server.fileno() == -1);
    current->failing.clear();
    serving_thread serving(server);
    server.activated.await();
    visit(server.server_address());
}

TEST_CASE("service_actions is called at its interval, where requests are taken", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        current.emplace();
        kind.options.service_interval = 1ms;
        traced_udp_server server(loopback, kind.options);
        const serving_thread serving(server);
        for (int i = 0; i < 5; ++i)
            CHECK_NOTHROW(current->trace.read_until("service_actions"));
    }
}

TEST_CASE("handle_timeout is called when no request came, and only then", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        current.emplace();
        kind.options.handle_request_timeout = 1ms;
        traced_tcp_server streams(loopback, kind.options);
        streams.handle_request();
        CHECK(current->trace.read_until("handle_timeout").find("get_request") == std::string::npos);
        traced_udp_server datagrams(loopback, kind.options);
        datagrams.handle_request();
        CHECK(current->trace.read_until("handle_timeout").find("get_request") == std::string::npos);

        blocking_client client(streams.server_address());
        client.shutdown_sending();
        streams.handle_request();
        blocking_datagram_client(datagrams.server_address()).send("x");
        datagrams.handle_request();
        std::string lines = current->trace.read_rest();
        CHECK(extract(lines, "handle_timeout") == 0);
        CHECK(extract(lines, "handle") == 2);
    }
}

TEST_CASE("close_request is called once the lingering is over", "[server]") {
    for (concurrency_kind kind : concurrency_kinds()) {
        INFO(kind.name);
        current.emplace();
        kind.options.linger_timeout = 1h;
        begun<traced_tcp_server> served(kind.options);
        blocking_client client(served.server.server_address());
        client.send("unread");
        CHECK(client.receive_all().empty());
        current->trace.note("the client ends");
        client.shutdown_sending();  // what a child has inherited goes with it
        std::string lines = served.end(1h);
        CHECK(extract(lines, "service_actions") == 1);
        CHECK(lines.ends_with("the client ends\nclose_request\n"));
    }
}

}  // namespace tests::server_hooks
