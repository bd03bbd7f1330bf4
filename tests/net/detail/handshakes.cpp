#include "net/detail/handshakes.hpp"
#include "blocking_client.hpp"
#include "catch.hpp"
#include "eventually.hpp"
#include "forwarding_network.hpp"
#include "ipv6_loopback.hpp"
#include "net/detail/inet_sockets.hpp"
#include "run_coroutine.hpp"
#include "virtual_time_ring.hpp"

#include <ringlet/net/listener.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace tests::net_handshakes {

using ringlet::bound_socket;

namespace {

bound_socket listening_socket() {
    return ringlet::listener::open(ringlet::network::system(), ringlet::address("127.0.0.1", 0));
}

/// A client that hears nothing of the server, so that its handshake does not come to an end: what
/// the server sends may have passed a router. ip(7), IP_MINTTL.
class deaf_client {
public:
    explicit deaf_client(const ringlet::address& server)
        : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        constexpr int ttl_of_neighbours = 255;
        REQUIRE(::setsockopt(fd_, IPPROTO_IP, IP_MINTTL, &ttl_of_neighbours,
                             sizeof(ttl_of_neighbours)) == 0);
        REQUIRE(::connect(fd_, server.data(), server.size()) < 0);
        REQUIRE(errno == EINPROGRESS);
    }
    deaf_client(const deaf_client&) = delete;
    deaf_client& operator=(const deaf_client&) = delete;
    ~deaf_client() { ::close(fd_); }

private:
    int fd_;
};

std::size_t count_at(const bound_socket& listening, int state) {
    const std::uint16_t port = listening.local_address().port();
    return ringlet::detail::inet_sockets_at(IPPROTO_TCP, port, 1U << state).size();
}

/// The time that passes until the handshakes are over.
ringlet::loop::clock::duration wait_for_end(const bound_socket& listening) {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    const auto begin = owner.now();
    run_coroutine(owner, [&]() -> ringlet::task<> {
        co_await ringlet::detail::end_of_handshakes(listening);
    });
    return owner.now() - begin;
}

}  // namespace

TEST_CASE("the sockets of a port are listed by their state", "[net]") {
    const bound_socket listening = listening_socket();
    CHECK(count_at(listening, TCP_LISTEN) == 1);
    CHECK(count_at(listening, TCP_ESTABLISHED) == 0);
    const blocking_client connected(listening.local_address());
    CHECK(count_at(listening, TCP_ESTABLISHED) == 1);
    CHECK(count_at(listening, TCP_SYN_RECV) == 0);
    const deaf_client deaf(listening.local_address());
    CHECK(eventually([&] { return count_at(listening, TCP_SYN_RECV) == 1; }));
    CHECK(count_at(listening, TCP_LISTEN) == 1);
}

TEST_CASE("an IPv6 socket is listed with its clients of both families", "[net]") {
    if (!has_ipv6_loopback())
        SKIP("there is no IPv6 here");
    ringlet::listener_options both;
    both.binding.v6_only = false;
    const bound_socket listening =
        ringlet::listener::open(ringlet::network::system(), ringlet::address("::", 0), both);
    const std::uint16_t port = listening.local_address().port();
    const blocking_client connected(ringlet::address("127.0.0.1", port));
    CHECK(count_at(listening, TCP_LISTEN) == 1);
    CHECK(count_at(listening, TCP_ESTABLISHED) == 1);
    const deaf_client deaf(ringlet::address("127.0.0.1", port));
    CHECK(eventually([&] { return count_at(listening, TCP_SYN_RECV) == 1; }));
}

TEST_CASE("nobody waits for handshakes that are over, and not for long for others", "[net]") {
    using ringlet::detail::handshakes_max;
    const bound_socket listening = listening_socket();
    const blocking_client connected(listening.local_address());
    CHECK(wait_for_end(listening) == std::chrono::nanoseconds::zero());
    const deaf_client deaf(listening.local_address());
    CHECK(eventually([&] { return count_at(listening, TCP_SYN_RECV) == 1; }));
    const auto waited = wait_for_end(listening);
    CHECK(waited >= handshakes_max);
    CHECK(waited < 2 * handshakes_max);
}

TEST_CASE("outside the system there are no handshakes to wait for", "[net]") {
    class elsewhere final : public forwarding_network {
        bool in_system() const noexcept override { return false; }
    } net;
    const bound_socket listening = ringlet::listener::open(net, ringlet::address("127.0.0.1", 0));
    const deaf_client deaf(listening.local_address());
    CHECK(eventually([&] { return count_at(listening, TCP_SYN_RECV) == 1; }));
    CHECK(wait_for_end(listening) == std::chrono::nanoseconds::zero());
}

}  // namespace tests::net_handshakes
