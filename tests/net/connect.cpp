#include "catch.hpp"
#include "connected_pair.hpp"
#include "ipv6_loopback.hpp"
#include "own_network.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/listener.hpp>

#include <netinet/tcp.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::net_connect {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::listener;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;

namespace {

const address any_port("127.0.0.1", 0);

address abstract_name(const std::string& what) {
    return address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-" + what);
}

/// Where nobody listens.
address nobody() {
    return listener::open(ringlet::network::system(), any_port).local_address();
}

/// What `connect(peer)` throws as std::system_error.
task<std::system_error> refusal(address peer) {
    try {
        const stream made = co_await ringlet::connect(peer);
    } catch (const std::system_error& error) {
        co_return error;
    }
    throw std::runtime_error("nothing was thrown");
}

}  // namespace

TEST_CASE("connect makes a stream to a listener, over TCP and Unix sockets", "[net]") {
    const address local =
        GENERATE(address("127.0.0.1", 0), address("::1", 0), abstract_name("connect"));
    if (local.family() == AF_INET6 && !has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([=](loop& owner) -> task<> {
        listener source(owner, local);
        std::error_code error = std::make_error_code(std::errc::io_error);
        stream client = co_await ringlet::connect(source.local_address());
        stream other = co_await ringlet::connect(source.local_address(), error);
        CHECK_FALSE(error);
        CHECK(client.peer_address() == source.local_address());
        stream server = co_await source.accept();
        co_await client.send_all("to the server");
        co_await server.send_all("to the client");
        const std::string at_server = co_await receive(server, 13);
        const std::string at_client = co_await receive(client, 13);
        CHECK(at_server == "to the server");
        CHECK(at_client == "to the client");
        co_await source.close();
    });
}

TEST_CASE("a TCP client sends small pieces at once", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        stream client = co_await ringlet::connect(source.local_address());
        CHECK(client.socket().get_option<int>(IPPROTO_TCP, TCP_NODELAY) == 1);
        co_await source.close();
    });
}

TEST_CASE("a refused connection names its peer and leaves nothing open", "[net]") {
    const address peer = GENERATE(nobody(), abstract_name("nobody"));
    run_without_leak([=](loop&) -> task<> {
        const std::system_error error = co_await refusal(peer);
        INFO(error.what());
        CHECK(error.code() == std::errc::connection_refused);
        CHECK(std::string(error.what()).find(peer.to_string()) != std::string::npos);
        std::error_code stored;
        const stream none = co_await ringlet::connect(peer, stored);
        CHECK(stored == std::errc::connection_refused);
        CHECK_FALSE(none.is_open());
    });
}

TEST_CASE("connecting to a path that is not there, or to no address, fails", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const address path = address::unix_path("/nonexistent/ringlet");
        const std::system_error missing = co_await refusal(path);
        CHECK(missing.code() == std::errc::no_such_file_or_directory);
        CHECK(std::string(missing.what()).find("/nonexistent/ringlet") != std::string::npos);
        const std::system_error none = co_await refusal(address());
        CHECK(none.code() == std::errc::address_family_not_supported);
    });
}

TEST_CASE("a connect that nobody answers ends with its deadline", "[net]") {
    run_without_leak([](loop&) -> task<> {
        // A full backlog: the kernel drops what else comes, and the client tries again and again.
        const ringlet::socket full = tcp_listener(0);
        const ringlet::socket first = tcp_client(full);
        const address peer = full.local_address();
        std::vector<stream> connected;
        std::error_code error;
        while (!error && connected.size() < 10) {
            const ringlet::cancel_scope limit(20ms);
            connected.push_back(co_await ringlet::connect(peer, error));
        }
        CHECK(error == std::errc::timed_out);
        const ringlet::cancel_scope limit(1ms);
        const std::system_error thrown = co_await refusal(peer);
        CHECK(thrown.code() == std::errc::timed_out);
        CHECK(std::string(thrown.what()).find(peer.to_string()) != std::string::npos);
    });
}

TEST_CASE("a connect to a Unix socket waits for room in the backlog, and can be cancelled",
          "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const address local = abstract_name("full");
        ringlet::listener_options options;
        options.backlog = 1;
        options.accepted_ahead_max = 0;
        listener source(owner, local, options);
        std::vector<stream> connected;
        std::error_code error;
        while (!error && connected.size() < 10) {
            const ringlet::cancel_scope limit(20ms);
            connected.push_back(co_await ringlet::connect(local, error));
        }
        CHECK(error == std::errc::timed_out);
        // Room is made while the next one waits.
        const auto connect_one = [&]() -> task<> {
            connected.push_back(co_await ringlet::connect(local));
        };
        connected.pop_back();  // which is not open
        co_await ringlet::task_group::run([&](ringlet::task_group& group) -> task<> {
            group.spawn(connect_one());
            for (std::size_t left = connected.size() + 1; left > 0; --left)
                static_cast<void>(co_await source.accept());
        });
        CHECK(connected.back().is_open());
        co_await source.close();
    });
}

TEST_CASE("a client that gets the port it connects to has no server", "[net]") {
    const own_network network;
    constexpr const char* range = "/proc/sys/net/ipv4/ip_local_port_range";
    if (!network.separate() || !(std::ofstream(range) << "40000 40000" << std::flush))
        SKIP("this user can have no network of their own, with a range of ports that is known");
    run_without_leak([](loop&) -> task<> {
        const std::system_error thrown = co_await refusal(address("127.0.0.1", 40000));
        CHECK(thrown.code() == std::errc::connection_refused);
    });
}

TEST_CASE("connecting under a cancelled scope fails at once", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, any_port);
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            std::error_code error;
            const stream none = co_await ringlet::connect(source.local_address(), error);
            CHECK(error == std::errc::operation_canceled);
            CHECK_FALSE(none.is_open());
        }
        co_await source.close();
    });
}

TEST_CASE("connecting outside a loop is a logic_error", "[net]") {
    ringlet::task<stream> lazy = ringlet::connect(any_port);
    auto connecting = std::move(lazy).operator co_await();
    connecting.await_suspend(std::noop_coroutine());
    CHECK_THROWS_AS(connecting.await_resume(), std::logic_error);
}

}  // namespace tests::net_connect
