#include "blocking_datagram_client.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "datagram_transport.hpp"
#include "run_without_leak.hpp"

#include <ringlet/coro/cancel_scope.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/server/datagram_request.hpp>

#include <atomic>
#include <type_traits>

namespace tests::server_datagram_request {

using ringlet::address;
using ringlet::datagram_request;
using ringlet::datagram_socket;
using ringlet::loop;
using ringlet::task;

static_assert(!std::is_copy_constructible_v<datagram_request>);

namespace {

std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

TEST_CASE("a datagram request has its packet and sender, and is answered any number of times",
          "[server]") {
    for (const datagram_transport kind : datagram_transports())
        run_without_leak([=](loop& owner) -> task<> {
            datagram_socket server(owner, free_address(kind));
            datagram_socket client(owner, free_address(kind));
            const address from = client.local_address();
            datagram_request request(owner, server.socket().native_handle(),
                                     ringlet::datagram(std::string_view("hello"), from));
            CHECK(text(request.packet()) == "hello");
            CHECK(request.sender() == from);
            CHECK_FALSE(request.truncated());
            CHECK(request.original_size() == 5);
            CHECK(&request.owner() == &owner);
            request.packet()[0] = std::byte{'j'};

            ringlet::detail::datagram_operations::counter packets{0};
            ringlet::detail::datagram_operations::counter bytes{0};
            request.count_sent(packets, bytes);
            std::string buffer(100, '\0');
            address sender;
            for (int i = 0; i < 3; ++i) {
                CHECK_AWAITED(co_await request.reply(request.packet()), 5);
                const auto received = co_await client.recv_from(buffer, sender);
                CHECK(buffer.substr(0, received.size) == "jello");
                CHECK(sender == server.local_address());
            }
            CHECK_AWAITED(co_await request.reply(std::string_view()), 0);
            CHECK_AWAITED((co_await client.recv_from(buffer, sender)).size, 0);
            CHECK(packets == 4);
            CHECK(bytes == 15);
        });
}

TEST_CASE("a request is answered with a burst of datagrams", "[server]") {
    for (const datagram_transport kind : datagram_transports())
        run_without_leak([=](loop& owner) -> task<> {
            datagram_socket server(owner, free_address(kind));
            datagram_socket client(owner, free_address(kind));
            datagram_request request(owner, server.socket().native_handle(),
                                     ringlet::datagram(std::string_view(), client.local_address()));
            ringlet::detail::datagram_operations::counter packets{0};
            ringlet::detail::datagram_operations::counter bytes{0};
            request.count_sent(packets, bytes);
            CHECK_AWAITED(co_await request.reply_burst(std::string_view("aabbc"), 2), 5);
            std::error_code error = std::make_error_code(std::errc::io_error);
            CHECK_AWAITED(co_await request.reply_burst(std::string_view("d"), 2, error), 1);
            CHECK_FALSE(error);
            std::string buffer(100, '\0');
            address sender;
            for (const std::string_view expected : {"aa", "bb", "c", "d"}) {
                const auto received = co_await client.recv_from(buffer, sender);
                CHECK(buffer.substr(0, received.size) == expected);
                CHECK(sender == server.local_address());
            }
            CHECK(packets == 4);
            CHECK(bytes == 6);
        });
}

TEST_CASE("a request can be answered to somebody else", "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        datagram_socket other(owner, {"127.0.0.1", 0});
        const address to = other.local_address();
        datagram_request request(owner, server.socket().native_handle(), ringlet::datagram());
        std::error_code error = std::make_error_code(std::errc::io_error);
        CHECK_AWAITED(co_await request.send_to(std::string_view("one"), to), 3);
        CHECK_AWAITED(co_await request.send_to(std::string_view("two"), to, error), 3);
        CHECK_FALSE(error);
        std::string buffer(3, '\0');
        co_await other.recv(buffer);
        CHECK(buffer == "one");
        co_await other.recv(buffer);
        CHECK(buffer == "two");
    });
}

TEST_CASE("who has no name cannot be answered", "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, free_address(datagram_transport::unix_socket));
        datagram_request request(owner, server.socket().native_handle(),
                                 ringlet::datagram(std::string_view("?"), address()));
        std::error_code error;
        CHECK_AWAITED(co_await request.reply(request.packet(), error), 0);
        CHECK(error == std::errc::destination_address_required);
        CHECK_AWAITED(co_await request.reply_burst(std::string_view("aabb"), 2, error), 0);
        CHECK(error == std::errc::destination_address_required);
        try {
            co_await request.reply(request.packet());
            FAIL("nobody was answered");
        } catch (const std::system_error& thrown) {
            CHECK(thrown.code() == std::errc::destination_address_required);
        }
    });
}

TEST_CASE("an answer that does not fit into a datagram is refused whole", "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, {"127.0.0.1", 0});
        datagram_socket client(owner, {"127.0.0.1", 0});
        datagram_request request(owner, server.socket().native_handle(),
                                 ringlet::datagram(std::string_view(), client.local_address()));
        const std::string much(65'508, 'm');
        std::error_code error;
        CHECK_AWAITED(co_await request.reply(much, error), 0);
        CHECK(error == std::errc::message_size);
        CHECK_AWAITED(co_await request.reply(std::string_view(much).substr(1)), 65'507);
    });
}

TEST_CASE("an answer for which there is no room can be cancelled", "[server]") {
    run_without_leak([](loop& owner) -> task<> {
        datagram_socket server(owner, free_address(datagram_transport::unix_socket));
        datagram_socket client(owner, free_address(datagram_transport::unix_socket));
        datagram_request request(owner, server.socket().native_handle(),
                                 ringlet::datagram(std::string_view("x"), client.local_address()));
        const ringlet::cancel_scope limit(std::chrono::milliseconds(20));
        std::error_code error;
        while (!error)  // until the client's queue is full: it receives nothing
            co_await request.reply(request.packet(), error);
        CHECK(error == std::errc::timed_out);
    });
}

}  // namespace tests::server_datagram_request
