#include "catch.hpp"
#include "connected_pair.hpp"
#include "gate.hpp"
#include "ipv6_loopback.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "scripted_resolver.hpp"
#include "temporary_directory.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/connect.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/resolve.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::net_connect_host {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::connect;
using ringlet::listener;
using ringlet::loop;
using ringlet::stream;
using ringlet::task;

namespace {

/// Where connecting never ends: a listener whose backlog is full, so that the kernel drops whatever
/// else comes.
class black_hole {
public:
    [[nodiscard]] address where() const { return full_.local_address(); }

private:
    ringlet::socket full_ = tcp_listener(0);
    ringlet::socket first_ = tcp_client(full_);
};

/// A port of 127.0.0.1 at which nobody listens.
address nobody() {
    return listener::open(ringlet::network::system(), {"127.0.0.1", 0}).local_address();
}

template <class Error>
task<std::string> what_of(task<stream> connecting) {
    try {
        const stream made = co_await std::move(connecting);
    } catch (const Error& error) {
        co_return error.what();
    }
    throw std::runtime_error("it did not fail");
}

}  // namespace

TEST_CASE("localhost is connected to over the family that listens", "[net]") {
    const address local = GENERATE(address("127.0.0.1", 0), address("::1", 0));
    if (local.family() == AF_INET6 && !has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([=](loop& owner) -> task<> {
        listener source(owner, local);
        stream client = co_await connect("localhost", source.local_address().port());
        CHECK(client.peer_address() == source.local_address());
        stream server = co_await source.accept();
        co_await client.send_all("hello");
        const std::string received = co_await receive(server, 5);
        CHECK(received == "hello");
        co_await source.close();
    });
}

TEST_CASE("a name is connected to at the address that answers, past black holes", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const black_hole hole;
        const black_hole other;
        listener source(owner, {"127.0.0.1", 0});
        const std::vector<address> peers{hole.where(), nobody(), other.where(),
                                         source.local_address()};
        const auto begun = owner.now();
        const stream client = co_await connect(peers, {.attempt_delay = 100ms});
        CHECK(owner.now() - begun >= 200ms);
        CHECK(client.peer_address() == source.local_address());
        co_await source.close();
    });
}

TEST_CASE("black holes are left at the timeout", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const black_hole hole;
        const black_hole other;
        const std::vector<address> peers{hole.where(), other.where()};
        const auto begun = owner.now();
        std::error_code error;
        const stream none = co_await connect(peers, {.timeout = 150ms}, error);
        CHECK_FALSE(none.is_open());
        CHECK(error == std::errc::timed_out);
        CHECK(owner.now() - begun >= 150ms);
    });
}

TEST_CASE("a host that refuses is named with each of its addresses", "[net]") {
    scripted_resolver resolver;
    resolver.answer("two.test", {"127.0.0.1", "127.0.0.2"});
    const int port = nobody().port();
    run_without_leak([port](loop&) -> task<> {
        const std::string host = "two.test:" + std::to_string(port);
        const std::string two = co_await what_of<std::system_error>(connect("two.test", port));
        CHECK(two == "cannot connect to " + host + " (127.0.0.1:" + std::to_string(port) +
                         ": Connection refused; 127.0.0.2:" + std::to_string(port) +
                         ": Connection refused): Connection refused");
        const std::string literal = co_await what_of<std::system_error>(connect("127.0.0.1", port));
        CHECK(literal ==
              "cannot connect to 127.0.0.1:" + std::to_string(port) + ": Connection refused");
        std::error_code error;
        const stream none = co_await connect("two.test", port, {}, error);
        CHECK(error == std::errc::connection_refused);
        CHECK_FALSE(none.is_open());
    });
}

TEST_CASE("a name that cannot be found is not connected to", "[net]") {
    scripted_resolver resolver;
    resolver.fail("none.test", EAI_NONAME);
    run_without_leak([](loop&) -> task<> {
        const std::string said = co_await what_of<std::system_error>(connect("none.test", 80));
        CHECK(said.find("cannot resolve the host name \"none.test\"") == 0);
        std::error_code error;
        const stream none = co_await connect("none.test", 80, {}, error);
        CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
        const std::string malformed = co_await what_of<std::invalid_argument>(connect("::g", 80));
        CHECK(malformed.find("::g") != std::string::npos);
    });
}

TEST_CASE("the timeout counts the look-up too", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.hold("slow.test", held);
    ringlet::thread_pool pool;
    run_without_leak([&](loop&) -> task<> {
        const std::string said = co_await what_of<std::system_error>(
            connect("slow.test", 80, {.timeout = 10ms, .resolving = {.pool = &pool}}));
        CHECK(
            said ==
            "cannot resolve the host name \"slow.test\": timed out by a deadline of this program");
    });
    held.open();
    held.open();
}

TEST_CASE("a name is connected to though the answer for the other family is lost", "[net]") {
    const address local = GENERATE(address("127.0.0.1", 0), address("::1", 0));
    if (local.family() == AF_INET6 && !has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    scripted_resolver resolver;
    gate held;
    resolver.hold("half.test", local.family() == AF_INET ? AF_INET6 : AF_INET,
                  {local.host(), local.family() == AF_INET ? "2001:db8::1" : "192.0.2.1"}, held);
    ringlet::thread_pool pool;
    run_without_leak([&](loop& owner) -> task<> {
        listener source(owner, local);
        const stream client = co_await connect("half.test", source.local_address().port(),
                                               {.resolving = {.pool = &pool}});
        CHECK(client.peer_address() == source.local_address());
        co_await source.close();
    });
    held.open();
}

TEST_CASE("an answer that comes late is connected to where the others refuse", "[net]") {
    scripted_resolver resolver;
    gate held;
    resolver.hold("late.test", AF_INET, {"::1", "127.0.0.1"}, held);
    ringlet::thread_pool pool;
    run_without_leak([&](loop& owner) -> task<> {
        listener source(owner, {"127.0.0.1", 0});
        const auto open_later = [&]() -> task<> {
            co_await ringlet::sleep_for(60ms);  // longer than anybody is patient
            held.open();
        };
        ringlet::detail::joinable_task_group group;
        group.spawn(open_later());
        const stream client = co_await connect("late.test", source.local_address().port(),
                                               {.resolving = {.pool = &pool}});
        CHECK(client.peer_address() == source.local_address());
        co_await group.join();
        co_await source.close();
    });
}

TEST_CASE("only the family that is asked for is tried", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, {"::1", 0});
        std::error_code error;
        const stream none = co_await connect("localhost", source.local_address().port(),
                                             {.resolving = {.family = AF_INET}}, error);
        CHECK(error == std::errc::connection_refused);
        co_await source.close();
    });
}

TEST_CASE("connecting to a host outside a loop is a logic_error", "[net]") {
    task<stream> lazy = connect("localhost", 80);
    auto connecting = std::move(lazy).operator co_await();
    connecting.await_suspend(std::noop_coroutine());
    CHECK_THROWS_AS(connecting.await_resume(), std::logic_error);
}

TEST_CASE("a host and its port can be given as one text", "[net]") {
    scripted_resolver resolver;
    resolver.answer("here.test", {"127.0.0.1"});
    run_without_leak([](loop& owner) -> task<> {
        listener source(owner, "127.0.0.1:0");
        const std::string port = std::to_string(source.local_address().port());
        for (const std::string& host : {std::string("here.test:"), std::string("127.0.0.1:")}) {
            const stream client = co_await connect(host + port);
            CHECK(client.peer_address() == source.local_address());
            const stream server = co_await source.accept();
        }
        std::error_code error;
        const stream none = co_await connect("127.0.0.1:1", error);
        CHECK(error == std::errc::connection_refused);
        CHECK_FALSE(none.is_open());
        const std::string malformed = co_await what_of<std::invalid_argument>(connect("here.test"));
        CHECK(malformed.find("the port is missing") != std::string::npos);
        co_await source.close();
    });
}

TEST_CASE("a Unix socket is connected to by its address as text", "[net]") {
    const temporary_directory folder;
    run_without_leak([&](loop& owner) -> task<> {
        const std::string path = "unix:" + (folder.path() / "here.sock").string();
        listener source(owner, path);
        const stream client = co_await connect(path);
        const stream server = co_await source.accept();
        CHECK(client.is_open());
        co_await source.close();
    });
}

}  // namespace tests::net_connect_host
