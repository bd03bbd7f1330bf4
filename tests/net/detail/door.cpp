#include "net/detail/door.hpp"
#include "blocking_client.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "forked_child.hpp"
#include "ipv6_loopback.hpp"
#include "leftovers.hpp"
#include "net/detail/inet_sockets.hpp"
#include "run_coroutine.hpp"
#include "socket_filter.hpp"

#include <ringlet/net/listener.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <future>
#include <span>
#include <string>
#include <utility>

namespace tests::net_door {

using ringlet::address;
using ringlet::bound_socket;

namespace {

struct ends {
    const char* server;
    const char* client;
};

/// A listening socket whose clients' handshakes end when they send something. tcp(7),
/// TCP_DEFER_ACCEPT.
bound_socket patient_socket(const char* host, bool filter_allowed) {
    ringlet::listener_options options;
    options.binding.v6_only = false;
    bound_socket listening =
        ringlet::listener::open(ringlet::network::system(), address(host, 0), options);
    constexpr int seconds = 100;
    listening.socket().set_option(IPPROTO_TCP, TCP_DEFER_ACCEPT, seconds);
    if (!filter_allowed)
        forbid_filter(listening.native_handle());
    return listening;
}

/// A client whose handshake with the socket is under way.
blocking_client begun_at(const bound_socket& listening, const char* host) {
    const std::uint16_t port = listening.local_address().port();
    const auto under_way = [&] {
        return ringlet::detail::inet_sockets_at(IPPROTO_TCP, port, 1U << TCP_SYN_RECV).size();
    };
    const std::size_t before = under_way();
    blocking_client client(address(host, port));
    REQUIRE(eventually([&] { return under_way() == before + 1; }));
    return client;
}

/// A client that has just knocked, and whether it has been answered.
class late_client {
public:
    explicit late_client(const address& server)
        : fd_(::socket(server.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        REQUIRE(::connect(fd_, server.data(), server.size()) < 0);
        REQUIRE(errno == EINPROGRESS);
    }
    late_client(const late_client&) = delete;
    late_client& operator=(const late_client&) = delete;
    ~late_client() { ::close(fd_); }

    [[nodiscard]] bool answered() const {
        pollfd connecting{fd_, POLLOUT, 0};
        return ::poll(&connecting, 1, 0) != 0;
    }

private:
    int fd_;
};

/// Accepts one connection, and sends back what comes.
void echo_one(bound_socket listening) {
    run_coroutine([&]() -> ringlet::task<> {
        ringlet::listener source(ringlet::loop::require_current("test"), std::move(listening));
        ringlet::stream client = co_await source.accept();
        std::array<char, 16> buffer{};
        while (const std::size_t size = co_await client.recv(buffer))
            co_await client.send_all(std::span(buffer).first(size));
    });
}

/// Whether the server hears both what ends the handshake and what comes later.
void check_heard(blocking_client& begun) {
    CHECK(begun.exchange("x") == "x");
    CHECK(begun.exchange("y") == "y");
    begun.shutdown_sending();
    CHECK(begun.receive_all().empty());
}

}  // namespace

TEST_CASE("a closed door gives new clients no answer, and lets handshakes go on", "[net]") {
    const auto at = GENERATE(ends{"127.0.0.1", "127.0.0.1"}, ends{"::1", "::1"}, ends{"::", "::1"},
                             ends{"::", "127.0.0.1"});
    const bool filter_allowed = GENERATE(true, false);
    CAPTURE(at.server, at.client, filter_allowed);
    if (std::string(at.server) != "127.0.0.1" && !has_ipv6_loopback())
        return;
    bound_socket listening = patient_socket(at.server, filter_allowed);
    blocking_client begun = begun_at(listening, at.client);
    CHECK(listening.refuse_clients());
    const late_client late({at.client, listening.local_address().port()});
    auto accepting = std::async(std::launch::async, [&] { echo_one(std::move(listening)); });
    check_heard(begun);
    accepting.get();
    CHECK_FALSE(late.answered());
}

TEST_CASE("a process that accepts knows that another one has closed the door", "[net]") {
    const bool filter_allowed = GENERATE(true, false);
    CAPTURE(filter_allowed);
    bound_socket listening = patient_socket("127.0.0.1", filter_allowed);
    blocking_client begun = begun_at(listening, "127.0.0.1");
    forked_child accepting([&] {
        echo_one(std::move(listening));
        return 0;
    });
    CHECK(listening.refuse_clients());
    check_heard(begun);
    CHECK(accepting.wait().exited_with(0));
}

TEST_CASE("a connection that has come through a closed door has its listener's limits", "[net]") {
    constexpr int ttl_min = 3;
    bound_socket listening = patient_socket("127.0.0.1", false);
    listening.socket().set_option(IPPROTO_IP, IP_MINTTL, ttl_min);
    blocking_client begun = begun_at(listening, "127.0.0.1");
    CHECK(listening.refuse_clients());
    CHECK(listening.refuse_clients());  // as each of several processes does
    begun.send("x");
    run_coroutine([&]() -> ringlet::task<> {
        ringlet::listener source(ringlet::loop::require_current("test"), std::move(listening));
        ringlet::stream client = co_await source.accept();
        CHECK(client.socket().get_option<int>(IPPROTO_IP, IP_MINTTL) == ttl_min);
    });
}

TEST_CASE("a door goes with its socket", "[net]") {
    const std::size_t before = shared_mappings();
    { const bound_socket listening = patient_socket("127.0.0.1", true); }
    CHECK(shared_mappings() == before);
}

}  // namespace tests::net_door
