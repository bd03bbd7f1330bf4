#include "byte_pattern.hpp"
#include "cancellable.hpp"
#include "catch.hpp"
#include "child_process.hpp"
#include "connected_pair.hpp"
#include "datagram_transport.hpp"
#include "forked_child.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::net_datagram_socket {

using ringlet::address;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::received_datagram;
using ringlet::task;
using ringlet::detail::joinable_task_group;

// One may be moved, with nothing pending.
static_assert(std::is_nothrow_move_constructible_v<datagram_socket>);
static_assert(std::is_nothrow_move_assignable_v<datagram_socket>);

namespace {

/// Receives one and stores how that ended.
task<> receive_one(datagram_socket& from, std::string& buffer, received_datagram& got,
                   std::error_code& error) {
    got = co_await from.recv(buffer, error);
}

/// An address of 127.0.0.1 at which nobody receives.
address vacant(loop& owner) {
    return datagram_socket(owner, {"127.0.0.1", 0}).local_address();
}

}  // namespace

TEST_CASE("a datagram comes as it was sent, and with its sender", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    run_without_leak([=](loop& owner) -> task<> {
        datagram_socket one(owner, free_address(kind));
        datagram_socket other(owner, free_address(kind));
        const address from = one.local_address();
        const address to = other.local_address();
        std::string buffer(100, '.');
        for (const std::string_view text : {"hello", "", "x"}) {
            const std::size_t sent = co_await one.send_to(text, to);
            CHECK(sent == text.size());
            address sender;
            const received_datagram got = co_await other.recv_from(buffer, sender);
            CHECK(sender == from);
            CHECK(std::string_view(buffer).substr(0, got.size) == text);
            CHECK(got.original_size == text.size());
            CHECK_FALSE(got.truncated);
        }
    });
}

TEST_CASE("a datagram larger than the buffer is cut off, which is told", "[net]") {
    const auto kind = GENERATE(from_range(datagram_transports()));
    run_without_leak([=](loop& owner) -> task<> {
        datagram_socket one(owner, free_address(kind));
        datagram_socket other(owner, free_address(kind));
        const address to = other.local_address();
        const std::string data = byte_pattern(1000);
        co_await one.send_to(data, to);
        co_await one.send_to("next", to);
        std::array<char, 16> buffer{};
        address sender;
        received_datagram got = co_await other.recv_from(buffer, sender);
        CHECK(got.size == 16);
        CHECK(got.original_size == 1000);
        CHECK(got.truncated);
        CHECK(std::string_view(buffer.data(), 16) == data.substr(0, 16));
        got = co_await other.recv(buffer);
        CHECK(std::string_view(buffer.data(), got.size) == "next");
        CHECK_FALSE(got.truncated);
    });
}

TEST_CASE("the largest datagram of UDP goes through, and a larger one is refused", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0});
        datagram_socket other(owner, {"127.0.0.1", 0});
        const address to = other.local_address();
        const std::string data = byte_pattern(65'507);
        co_await one.send_to(data, to);
        std::string buffer(65'536, '.');
        const received_datagram got = co_await other.recv(buffer);
        CHECK(got.size == data.size());
        CHECK((buffer.substr(0, got.size) == data));
        std::error_code error;
        const std::string too_large(65'508, 'x');
        const std::size_t sent = co_await one.send_to(too_large, to, error);
        CHECK(sent == 0);
        CHECK(error == std::errc::message_size);
    });
}

TEST_CASE("a Unix sender without a name has no address", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, free_address(datagram_transport::unix_socket));
        datagram_socket client(owner, ringlet::socket::open(owner.net(), AF_UNIX, SOCK_DGRAM));
        const address to = server.local_address();
        co_await client.send_to("hello", to);
        std::array<char, 16> buffer{};
        address sender("127.0.0.1", 1);
        const received_datagram got = co_await server.recv_from(buffer, sender);
        CHECK(got.size == 5);
        CHECK(sender == address());
        CHECK(sender.to_string().empty());
        std::error_code error;
        co_await server.send_to("answer", sender, error);
        CHECK(error == std::errc::destination_address_required);
    });
}

TEST_CASE("a connected socket speaks with its peer only, until it is no longer", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        datagram_socket stranger(owner, {"127.0.0.1", 0});
        datagram_socket client(owner, {"127.0.0.1", 0});
        const address own = client.local_address();
        co_await client.connect(server.local_address());
        CHECK(client.peer_address() == server.local_address());
        co_await client.send("question");
        co_await stranger.send_to("noise", own);
        co_await server.send_to("answer", own);
        std::array<char, 16> buffer{};
        received_datagram got = co_await client.recv(buffer);
        CHECK(std::string_view(buffer.data(), got.size) == "answer");
        got = co_await server.recv(buffer);
        CHECK(std::string_view(buffer.data(), got.size) == "question");

        co_await client.connect(address());
        std::error_code error;
        co_await client.send("to whom?", error);
        CHECK(error == std::errc::destination_address_required);
    });
}

TEST_CASE("that nobody receives is an error of a connected socket, which lives on", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const address nobody = vacant(owner);
        datagram_socket client(owner, {"127.0.0.1", 0});
        co_await client.connect(nobody);
        std::string buffer(16, '.');
        received_datagram got;
        std::error_code error;
        {
            joinable_task_group group;
            group.spawn(receive_one(client, buffer, got, error));
            co_await ringlet::yield();
            co_await client.send("anybody there?");
            co_await group.join();
        }
        CHECK(error == std::errc::connection_refused);

        datagram_socket server(owner, nobody);
        co_await client.send("now?");
        got = co_await server.recv(buffer);
        CHECK(got.size == 4);
        co_await server.send_to("yes", client.local_address());
        got = co_await client.recv(buffer, error);
        CHECK_FALSE(error);
        CHECK(got.size == 3);
    });
}

TEST_CASE("that nobody receives is nothing to a socket that is not connected", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const address nobody = vacant(owner);
        datagram_socket one(owner, {"127.0.0.1", 0});
        const address own = one.local_address();
        for (int i = 0; i < 3; ++i)
            co_await one.send_to("anybody there?", nobody);
        co_await one.send_to("me", own);
        std::array<char, 16> buffer{};
        const received_datagram got = co_await one.recv(buffer);
        CHECK(got.size == 2);
    });
}

TEST_CASE("errors name the call, or what was to be connected to", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket none(owner, ringlet::socket());
        const address peer("127.0.0.1", 9);
        std::array<char, 16> buffer{};
        std::vector<std::string> texts;
        for (int call = 0; call < 3; ++call) {
            try {
                if (call == 0)
                    co_await none.recv(buffer);
                else if (call == 1)
                    co_await none.send("x");
                else
                    co_await none.connect(peer);
            } catch (const std::system_error& error) {
                texts.emplace_back(error.what());
            }
        }
        REQUIRE(texts.size() == 3);
        CHECK(texts[0] == "recvmsg: Bad file descriptor");
        CHECK(texts[1] == "sendmsg: Bad file descriptor");
        CHECK(texts[2] == "cannot connect to 127.0.0.1:9: Bad file descriptor");
    });
}

TEST_CASE("closing a datagram socket ends all that is pending on it", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0});
        std::array<std::string, 3> buffers;
        std::array<received_datagram, 3> got;
        std::array<std::error_code, 3> errors;
        joinable_task_group group;
        for (std::size_t i = 0; i < 3; ++i)
            group.spawn(receive_one(one, buffers[i], got[i], errors[i]));
        co_await ringlet::yield();
        co_await one.close();
        CHECK_FALSE(one.is_open());
        co_await group.join();
        for (const std::error_code& error : errors)
            CHECK(error == std::errc::operation_canceled);
        co_await one.close();
    });
}

TEST_CASE("closing ends those who try again, and is not itself cancelled", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one(owner, {"127.0.0.1", 0});
        const auto receive_on = [&]() -> task<> {
            std::array<char, 16> buffer{};
            std::error_code error;
            for (int failures = 0; failures < 5; failures += error ? 1 : 0)
                static_cast<void>(co_await one.recv(buffer, error));
        };
        joinable_task_group group;
        group.spawn(receive_on());
        co_await ringlet::yield();
        {
            ringlet::cancel_scope scope;
            scope.cancel();
            co_await one.close();
        }
        CHECK_FALSE(one.is_open());
        co_await group.join();
    });
}

TEST_CASE("a datagram socket may move, and give its socket away", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket first(owner, {"127.0.0.1", 0});
        const address own = first.local_address();
        datagram_socket second(std::move(first));
        CHECK_FALSE(first.is_open());  // NOLINT(bugprone-use-after-move): what is tested
        first = std::move(second);
        const ringlet::bound_socket released = first.release();
        CHECK(released.local_address() == own);
        CHECK_FALSE(first.is_open());
        co_return;
    });
}

TEST_CASE("a datagram socket lives in the loop that runs, unless it is given another", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket one({"127.0.0.1", 0}, {.receive_buffer_size = 100'000});
        datagram_socket other(datagram_socket::open(owner.net(), "127.0.0.1:0"));
        CHECK(&one.owner() == &owner);
        CHECK(&other.owner() == &owner);
        co_await one.send_to("hello", other.local_address());
        std::array<char, 16> buffer{};
        const received_datagram got = co_await other.recv(buffer);
        CHECK(got.size == 5);
    });
    CHECK_THROWS_AS(datagram_socket("127.0.0.1:0"), std::logic_error);
    loop idle;
    CHECK(datagram_socket(idle, "127.0.0.1:0").is_open());
}

TEST_CASE("destroying a datagram socket with something pending ends the program", "[net]") {
    const child_end child = run_in_child([] {
        loop owner;
        ringlet::block_on(owner, [](loop& in) -> task<> {
            std::optional<datagram_socket> one(std::in_place, in, address("127.0.0.1", 0));
            std::string buffer;
            received_datagram got;
            std::error_code error;
            joinable_task_group group;
            group.spawn(receive_one(*one, buffer, got, error));
            co_await ringlet::yield();
            one.reset();
        }(owner));
        return 0;
    });
    CHECK(child.killed_by(SIGABRT));
    CHECK(child.says("a socket was destroyed while an operation on it was pending"));
}

TEST_CASE("datagrams are exchanged with Python's socket", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        child_process python({"python3", "-c", R"(
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(20)
    client.connect(("127.0.0.1", int(sys.argv[1])))
    for data in b"hello", b"", bytes(range(256)) * 200:
        client.send(data)
        assert client.recv(65536) == data[::-1]
print("right")
)",
                              std::to_string(server.local_address().port())});
        std::string buffer(65'535, '.');
        for (int i = 0; i < 3; ++i) {
            address sender;
            const received_datagram got = co_await server.recv_from(buffer, sender);
            const std::string answer(buffer.rend() - static_cast<std::ptrdiff_t>(got.size),
                                     buffer.rend());
            co_await server.send_to(answer, sender);
        }
        CHECK(python.read_line() == "right");
        CHECK(python.wait() == 0);
    });
}

}  // namespace tests::net_datagram_socket
