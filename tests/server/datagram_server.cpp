#include "blocking_datagram_client.hpp"
#include "captured_log.hpp"
#include "captured_stderr.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "datagram_transport.hpp"
#include "eventually.hpp"
#include "gate.hpp"
#include "hook_trace.hpp"
#include "serving_thread.hpp"

#include <ringlet/loop/detail/poll_operation.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>

#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

namespace tests::server_datagram_server {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::datagram_request;
using ringlet::server_options;
using ringlet::task;

namespace {

const address loopback("127.0.0.1", 0);

task<> echo_datagram(datagram_request& request) {
    co_await request.reply(request.packet());
}

/// Says how large the packet was, and how much of it has come.
task<> describe(datagram_request& request) {
    const std::string text = std::to_string(request.packet().size()) + " of " +
                             std::to_string(request.original_size()) +
                             (request.truncated() ? ", truncated" : "");
    co_await request.reply(text);
}

std::unique_ptr<ringlet::server> make_server(datagram_transport kind,
                                             ringlet::any_handler<datagram_request> handler,
                                             const server_options& options = {}) {
    if (kind == datagram_transport::unix_socket)
        return std::make_unique<ringlet::unix_datagram_server>(free_address(kind),
                                                               std::move(handler), options);
    return std::make_unique<ringlet::udp_server>(free_address(kind), std::move(handler), options);
}

/// A server that serves, whose answers wait until they are let go, in whatever thread or process;
/// and its client.
struct held_back {
    held_back(datagram_transport over, const server_options& options)
        : server(make_server(
              over, [this](datagram_request& request) { return answer(request); }, options)),
          serving(*server), client(server->server_address()) {}

    void let_go() const { CHECK(::write(gate.second.native_handle(), "!", 1) == 1); }

    task<> answer(datagram_request& request) const {
        trace.note("begun");
        co_await ringlet::detail::poll_operation(ringlet::loop::require_current("test").core(),
                                                 gate.first.native_handle(), POLLIN);
        co_await request.reply(request.packet());
    }

    std::pair<pipe_end, pipe_end> gate = pipe_end::make_pair();
    hook_trace trace;
    std::unique_ptr<ringlet::server> server;
    serving_thread serving;
    blocking_datagram_client client;
};

}  // namespace

TEST_CASE("a packet that is larger than the server receives is truncated, and that is told",
          "[server]") {
    server_options options;
    options.receiving.packet_size_max = 16;
    for (const datagram_transport kind : datagram_transports()) {
        const auto server = make_server(kind, describe, options);
        const serving_thread serving(*server);
        blocking_datagram_client client(server->server_address());
        CHECK(client.exchange(std::string(16, 'x')) == "16 of 16");
        CHECK(client.exchange(std::string(17, 'x')) == "16 of 17, truncated");
        CHECK(client.exchange(std::string(1000, 'x')) == "16 of 1000, truncated");
        CHECK(client.exchange("x") == "1 of 1");
    }
}

TEST_CASE("packets of any size that there can be are echoed, the empty one too", "[server]") {
    for (const concurrency_kind& where : concurrency_kinds())
        for (const datagram_transport kind : datagram_transports()) {
            INFO(where.name);
            const auto server = make_server(kind, echo_datagram, where.options);
            serving_thread serving(*server);
            blocking_datagram_client client(server->server_address());
            std::size_t bytes = 0;
            for (const std::size_t size : {0UL, 1UL, 1472UL, 9000UL, 65'507UL}) {
                CAPTURE(size);
                const std::string packet(size, static_cast<char>('a' + size % 26));
                CHECK(client.exchange(packet) == packet);
                bytes += size;
            }
            server->shutdown();
            serving.join();
            const ringlet::server_counters counters = server->counters();
            CHECK(counters.accepted == 5);
            CHECK(counters.finished == 5);
            CHECK(counters.active == 0);
            CHECK(counters.packets_received == 5);
            CHECK(counters.packets_sent == 5);
            CHECK(counters.bytes_received == bytes);
            CHECK(counters.bytes_sent == bytes);
        }
}

TEST_CASE("an answer that finds nobody harms nobody", "[server]") {
    for (const datagram_transport kind : datagram_transports()) {
        const captured_log log;
        gate leaving;
        const auto server = make_server(kind, [&](datagram_request& request) -> task<> {
            if (request.packet().empty())
                leaving.pass();
            for (int i = 0; i < 3; ++i)
                co_await request.reply(request.packet());
        });
        serving_thread serving(*server);
        blocking_datagram_client client(server->server_address());
        {
            blocking_datagram_client gone(server->server_address());
            gone.send("");
            leaving.await();
            gone.close();
            leaving.open();
        }
        CHECK(client.exchange("x") == "x");
        server->shutdown();
        serving.join();
        // A Unix socket tells at once; of UDP, the network might later.
        CHECK(server->counters().failed.reset == (kind == datagram_transport::unix_socket ? 1 : 0));
        CHECK(log.lines().size() == server->counters().failed.reset);
    }
}

TEST_CASE("a sender without a name cannot be answered, and others can", "[server]") {
    const captured_log log;
    const auto server = make_server(datagram_transport::unix_socket, echo_datagram);
    serving_thread serving(*server);
    blocking_datagram_client nameless(server->server_address(),
                                      blocking_datagram_client::name::none);
    nameless.send("x");
    CHECK(blocking_datagram_client(server->server_address()).exchange("y") == "y");
    server->shutdown();
    serving.join();
    CHECK(server->counters().failed.total() == 1);
    CHECK(log.text() ==
          "ringlet: a handler failed level=error client=unknown error=\"sendmsg: Destination "
          "address required\"\n");
}

TEST_CASE("a burst that is larger than the pool of buffers is answered whole", "[server]") {
    for (concurrency_kind where : concurrency_kinds()) {
        INFO(where.name);
        const std::size_t burst =
            where.options.concurrency == ringlet::concurrency::fork_per_request ? 50 : 500;
        where.options.receiving = {.packet_size_max = 100, .packets_max = 8, .batch_max = 4};
        const auto server =
            make_server(datagram_transport::unix_socket, echo_datagram, where.options);
        serving_thread serving(*server);
        // Its receiver goes on, or the server would have to wait for the room to answer.
        blocking_datagram_client client(server->server_address());
        std::jthread sender([&] {
            for (std::size_t i = 0; i < burst; ++i)
                client.send(std::to_string(i));
        });
        std::set<std::string> answers;
        for (std::size_t i = 0; i < burst; ++i)
            answers.insert(client.receive());
        CHECK(answers.size() == burst);
        sender.join();
        server->shutdown();
        serving.join();
        CHECK(server->counters().packets_received == burst);
        CHECK(server->counters().packets_sent == burst);
        CHECK(server->counters().finished == burst);
    }
}

TEST_CASE("while all handlers are busy datagrams wait", "[server]") {
    for (concurrency_kind where : concurrency_kinds()) {
        INFO(where.name);
        where.options.max_connections = 4;
        held_back answers(datagram_transport::unix_socket, where.options);
        for (int i = 0; i < 10; ++i)
            answers.client.send("x");
        for (int i = 0; i < 4; ++i)
            answers.trace.read_until("begun");
        CHECK(eventually([&] { return answers.server->counters().accept_pauses > 0; }));
        answers.trace.note("let go");
        answers.let_go();
        CHECK(answers.trace.read_until("begun") == "let go\nbegun\n");
        for (int i = 0; i < 10; ++i)
            CHECK(answers.client.receive() == "x");
        answers.server->shutdown();
        answers.serving.join();
        CHECK(answers.server->counters().finished == 10);
    }
}

TEST_CASE("handlers that run when a server is shut down may answer", "[server]") {
    for (const concurrency_kind& where : concurrency_kinds()) {
        INFO(where.name);
        held_back answers(datagram_transport::udp, where.options);
        for (int i = 0; i < 3; ++i) {
            answers.client.send("x");
            answers.trace.read_until("begun");
        }
        answers.server->shutdown(1h);
        CHECK(answers.client.nothing_to_receive());
        answers.let_go();
        for (int i = 0; i < 3; ++i)
            CHECK(answers.client.receive() == "x");
        answers.serving.join();
        const ringlet::server_counters counters = answers.server->counters();
        CHECK(counters.finished == 3);
        CHECK(counters.failed.total() == 0);
        CHECK(counters.children_lost == 0);
    }
}

TEST_CASE("handlers that go on beyond the drain are cancelled", "[server]") {
    for (const concurrency_kind& where : concurrency_kinds()) {
        INFO(where.name);
        held_back answers(datagram_transport::udp, where.options);
        answers.client.send("x");
        answers.trace.read_until("begun");
        answers.server->shutdown(0s);
        answers.serving.join();
        const ringlet::server_counters counters = answers.server->counters();
        CHECK(counters.failed.cancelled == 1);
        CHECK(counters.failed.total() == 1);
        CHECK(counters.active == 0);
        CHECK(answers.client.nothing_to_receive());
    }
}

TEST_CASE("what has been received when a server is shut down is answered, the rest not",
          "[server]") {
    constexpr int sent = 20;
    for (const concurrency_kind& where : concurrency_kinds()) {
        INFO(where.name);
        const auto server = make_server(
            datagram_transport::udp,
            [](datagram_request& request, ringlet::server& owner) -> task<> {
                co_await request.reply(request.packet());
                if (request.packet().size() == 5)
                    owner.shutdown();
            },
            where.options);
        blocking_datagram_client client(server->server_address());
        for (std::size_t i = 0; i < sent; ++i)
            client.send(std::string(i, 'x'));
        serving_thread serving(*server);
        serving.join();
        const ringlet::server_counters counters = server->counters();
        CHECK(counters.accepted >= 6);
        CHECK(counters.finished == counters.accepted);
        CHECK(counters.packets_received == counters.accepted);
        CHECK(counters.packets_sent == counters.accepted);
        for (std::uint64_t i = 0; i < counters.accepted; ++i)
            client.receive();
        CHECK(client.nothing_to_receive());
    }
}

TEST_CASE("few children are enough for a burst, and for a shutdown in its midst", "[server]") {
    server_options options;
    options.concurrency = ringlet::concurrency::fork_per_request;
    options.max_children = 2;
    const auto server = make_server(datagram_transport::udp, echo_datagram, options);
    blocking_datagram_client client(server->server_address());
    for (int i = 0; i < 40; ++i)
        client.send("x");
    serving_thread serving(*server);
    client.receive();
    server->shutdown();
    serving.join();
    const ringlet::server_counters counters = server->counters();
    CHECK(counters.children_started == counters.accepted);
    CHECK(counters.finished == counters.accepted);
}

TEST_CASE("a handler that throws costs its datagram only", "[server]") {
    for (const concurrency_kind& where : concurrency_kinds()) {
        INFO(where.name);
        const captured_stderr errors;
        const auto server = make_server(
            datagram_transport::udp,
            [](datagram_request& request) -> task<> {
                if (request.packet().empty())
                    throw std::runtime_error("nothing to say");
                co_await request.reply(request.packet());
            },
            where.options);
        serving_thread serving(*server);
        blocking_datagram_client client(server->server_address());
        client.send("");
        CHECK(client.exchange("x") == "x");
        server->shutdown();
        serving.join();
        CHECK(server->counters().failed.other == 1);
        CHECK(server->counters().finished == 1);
        CHECK(errors.text() ==
              "ringlet: a handler failed level=error client=" + client.local_address().to_string() +
                  " error=\"nothing to say\"\n");
    }
}

TEST_CASE("a datagram server serves IPv6 alone, or both where that is asked for", "[server]") {
    if (!has_ipv6_loopback())
        return;
    server_options options;
    const bool both = GENERATE(false, true);
    options.datagrams.binding.v6_only = !both;
    ringlet::udp_server server({"::", 0}, echo_datagram, options);
    const serving_thread serving(server);
    const std::uint16_t port = server.server_address().port();
    CHECK(blocking_datagram_client({"::1", port}).exchange("six") == "six");
    blocking_datagram_client old({"127.0.0.1", port});  // it hears of nobody else
    if (both) {
        CHECK(old.exchange("four") == "four");
    } else {
        old.send("four");
        CHECK_THROWS_AS(old.receive(), std::system_error);  // the port is closed
    }
}

TEST_CASE("handle_request handles one datagram, and the next waits", "[server]") {
    for (const concurrency_kind& where : concurrency_kinds()) {
        INFO(where.name);
        const auto server = make_server(datagram_transport::udp, echo_datagram, where.options);
        blocking_datagram_client client(server->server_address());
        client.send("first");
        client.send("second");
        server->handle_request();
        CHECK(client.receive() == "first");
        CHECK(client.nothing_to_receive());
        server->handle_request();
        CHECK(client.receive() == "second");
        CHECK(server->counters().packets_received == 2);
    }
}

TEST_CASE("a datagram server adopts a socket that has an address", "[server]") {
    ringlet::bound_socket bound =
        ringlet::bound_socket::open(ringlet::network::system(), loopback, SOCK_DGRAM);
    const address local = bound.local_address();
    ringlet::udp_server server(std::move(bound), echo_datagram);
    CHECK(server.server_address() == local);
    const serving_thread serving(server);
    CHECK(blocking_datagram_client(local).exchange("x") == "x");
}

}  // namespace tests::server_datagram_server
