#include "catch.hpp"
#include "check_awaited.hpp"
#include "datagram_transport.hpp"
#include "run_without_leak.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/connect_datagram.hpp>

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace tests::net_connect_datagram {

using namespace std::chrono_literals;
using ringlet::address;
using ringlet::connect_datagram;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::received_datagram;
using ringlet::task;

namespace {

/// The next datagram of a socket, as text.
task<std::string> receive(datagram_socket& from) {
    std::string buffer(1000, '.');
    const received_datagram got = co_await from.recv(buffer);
    co_return buffer.substr(0, got.size);
}

/// Answers one datagram of `to`.
task<> answer(datagram_socket& to, std::string_view text) {
    std::array<char, 100> question{};
    address sender;
    co_await to.recv_from(question, sender);
    co_await to.send_to(text, sender);
}

/// An address of 127.0.0.1 at which nobody receives.
address vacant() {
    return datagram_socket("127.0.0.1:0").local_address();
}

template <class Error>
task<std::string> what_of(task<datagram_socket> connecting) {
    try {
        const datagram_socket connected = co_await std::move(connecting);
    } catch (const Error& error) {
        co_return error.what();
    }
    co_return "it did not fail";
}

}  // namespace

TEST_CASE("one peer is asked and answers, and nobody else is heard", "[net]") {
    for (const datagram_transport kind : datagram_transports())
        run_without_leak([=](loop& owner) -> task<> {
            datagram_socket server(free_address(kind));
            datagram_socket client = co_await connect_datagram(server.local_address());
            CHECK(&client.owner() == &owner);
            CHECK(client.peer_address() == server.local_address());
            co_await client.send("what time is it?");
            if (kind != datagram_transport::unix_socket) {  // where the kernel refuses it
                datagram_socket stranger(free_address(kind));
                co_await stranger.send_to("half past four", client.local_address());
            }
            co_await answer(server, "noon");
            CHECK_AWAITED(co_await receive(client), "noon");
        });
}

TEST_CASE("a peer may be named by host and port, or by text", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server("127.0.0.1:0");
        const int port = server.local_address().port();
        const std::string text = "localhost:" + std::to_string(port);
        std::error_code error = std::make_error_code(std::errc::timed_out);
        for (int form = 0; form < 4; ++form) {
            datagram_socket client(owner, ringlet::bound_socket());
            if (form == 0)
                client = co_await connect_datagram("localhost", port);
            else if (form == 1)
                client = co_await connect_datagram(text);
            else if (form == 2)
                client = co_await connect_datagram(text, error);
            else
                client = co_await connect_datagram("127.0.0.1", port, {.send_buffer_size = 50'000});
            INFO("form " << form);
            CHECK(client.peer_address() == server.local_address());
            co_await client.send("hello");
            CHECK_AWAITED(co_await receive(server), "hello");
        }
        CHECK_FALSE(error);
    });
}

TEST_CASE("a Unix peer may be named by text, and answers a socket that has no path", "[net]") {
    const temporary_directory folder;
    run_without_leak([&](loop&) -> task<> {
        const std::string text = "unix:" + (folder.path() / "socket").string();
        datagram_socket server(text);
        datagram_socket client = co_await connect_datagram(text);
        co_await client.send("hello");
        co_await answer(server, "and to you");
        CHECK_AWAITED(co_await receive(client), "and to you");
    });
}

TEST_CASE("a peer that is not there refuses, whether its answer is awaited or not", "[net]") {
    const bool awaited = GENERATE(false, true);
    run_without_leak([=](loop&) -> task<> {
        const address nobody = vacant();
        datagram_socket client = co_await connect_datagram(nobody);
        std::array<char, 16> buffer{};
        std::error_code error;
        const auto receive_answer = [&]() -> task<> { co_await client.recv(buffer, error); };
        ringlet::detail::joinable_task_group group;
        if (awaited)
            group.spawn(receive_answer());
        co_await client.send("anybody there?");
        if (!awaited)
            group.spawn(receive_answer());
        co_await group.join();
        CHECK(error == std::errc::connection_refused);
        datagram_socket server(nobody);
        co_await client.send("now?");
        CHECK_AWAITED(co_await receive(server), "now?");
    });
}

TEST_CASE("a peer that does not answer is asked again after a deadline", "[net]") {
    run_without_leak([](loop&) -> task<> {
        datagram_socket server("127.0.0.1:0");
        datagram_socket client = co_await connect_datagram(server.local_address());
        std::array<char, 16> buffer{};
        std::error_code error;
        co_await client.send("first");
        co_await ringlet::with_timeout(1ms, client.recv(buffer, error));
        CHECK(error == std::errc::timed_out);
        co_await client.send("second");
        CHECK_AWAITED(co_await receive(server), "first");
        co_await answer(server, "yes");
        CHECK_AWAITED(co_await receive(client), "yes");
    });
}

TEST_CASE("a socket for one peer does not note where datagrams came to", "[net]") {
    run_without_leak([](loop&) -> task<> {
        datagram_socket server("127.0.0.1:0");
        datagram_socket client = co_await connect_datagram(server.local_address());
        CHECK(client.socket().get_option<int>(IPPROTO_IP, IP_PKTINFO) == 0);
    });
}

TEST_CASE("a broadcast address is asked only where that is allowed", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const address everybody("127.255.255.255", 9);
        std::error_code error;
        datagram_socket refused = co_await connect_datagram(everybody, error);
        CHECK(error == std::errc::permission_denied);
        CHECK_FALSE(refused.is_open());
        datagram_socket allowed = co_await connect_datagram(everybody, {.broadcast = true}, error);
        CHECK_FALSE(error);
        CHECK(allowed.is_open());
    });
}

TEST_CASE("what cannot be connected to is named", "[net]") {
    const temporary_directory folder;
    run_without_leak([&](loop&) -> task<> {
        const std::string missing = "unix:" + (folder.path() / "missing").string();
        CHECK_AWAITED(co_await what_of<std::system_error>(connect_datagram(missing)),
                      "cannot connect to " + missing + ": No such file or directory");
        std::error_code error;
        const datagram_socket none = co_await connect_datagram(missing, error);
        CHECK(error == std::errc::no_such_file_or_directory);
        CHECK_FALSE(none.is_open());
        const auto invalid = [](task<datagram_socket> connecting) {
            return what_of<std::invalid_argument>(std::move(connecting));
        };
        CHECK_AWAITED(co_await invalid(connect_datagram("127.0.0.1:53", {.send_buffer_size = -1})),
                      "datagram_options: the size of a buffer must be 0 or more");
        CHECK_AWAITED(
            co_await invalid(connect_datagram("127.0.0.1")),
            "address \"127.0.0.1\": the port is missing; write HOST:PORT, as in 127.0.0.1:9999");
        CHECK_AWAITED(co_await invalid(connect_datagram("127.0.0.1", 70'000)),
                      "address \"127.0.0.1\": the port must be 0 to 65535, not 70000");
    });
}

TEST_CASE("connecting a datagram socket is cancelled with its coroutine", "[net]") {
    run_without_leak([](loop&) -> task<> {
        const address peer("127.0.0.1", 9);
        std::error_code error;
        ringlet::cancel_scope scope;
        scope.cancel();
        const datagram_socket none = co_await connect_datagram(peer, error);
        CHECK(error == std::errc::operation_canceled);
        CHECK_FALSE(none.is_open());
    });
}

}  // namespace tests::net_connect_datagram
