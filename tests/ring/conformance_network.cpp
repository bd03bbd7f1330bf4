#include "catch.hpp"
#include "conformance.hpp"
#include "connected_pair.hpp"

#include <netinet/tcp.h>
#include <poll.h>

#include <array>
#include <string>
#include <utility>

namespace tests::ring_conformance_network {

namespace {

int events(ringlet::network& net, const ringlet::socket& socket) {
    return net.ready_events(socket.native_handle(), POLLIN | POLLOUT | POLLRDHUP);
}

int error_of(const ringlet::socket& socket) {
    return socket.get_option<int>(SOL_SOCKET, SO_ERROR);
}

}  // namespace

TEST_CASE("a network's calls on what is no descriptor give EBADF", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [sockets, ring] = tested.make();
    ringlet::network& net = ring->net();
    const int closed = sockets->tcp_socket().native_handle();
    for (const int fd : {-1, closed}) {
        CAPTURE(fd);
        sockaddr_storage name{};
        auto* const any = reinterpret_cast<sockaddr*>(&name);
        any->sa_family = AF_INET;
        socklen_t size = sizeof(sockaddr_in);
        int value = 1;
        socklen_t value_size = sizeof(value);
        CHECK(net.bind(fd, any, size) == -EBADF);
        CHECK(net.listen(fd, 1) == -EBADF);
        CHECK(net.local_address(fd, any, &size) == -EBADF);
        CHECK(net.peer_address(fd, any, &size) == -EBADF);
        CHECK(net.set_option(fd, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof(value)) == -EBADF);
        CHECK(net.get_option(fd, SOL_SOCKET, SO_KEEPALIVE, &value, &value_size) == -EBADF);
        CHECK(net.shutdown(fd, SHUT_RDWR) == -EBADF);
        CHECK(net.close(fd) == -EBADF);
    }
    CHECK(net.ready_events(closed, POLLIN) == POLLNVAL);
    CHECK(net.open(-1, SOCK_STREAM, 0) == -EAFNOSUPPORT);
}

TEST_CASE("a socket is of its type, and knows whether it listens", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket tcp = net->tcp_socket();
    const ringlet::socket udp = net->udp_socket();
    CHECK(tcp.get_option<int>(SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
    CHECK(udp.get_option<int>(SOL_SOCKET, SO_TYPE) == SOCK_DGRAM);
    CHECK(tcp.get_option<int>(SOL_SOCKET, SO_DOMAIN) == AF_INET);
    CHECK(tcp.get_option<int>(SOL_SOCKET, SO_ACCEPTCONN) == 0);
    CHECK(net->tcp_listener().get_option<int>(SOL_SOCKET, SO_ACCEPTCONN) == 1);
    CHECK(ring->net().listen(udp.native_handle(), 1) == -EOPNOTSUPP);
    CHECK(ring->net().listen(net->unix_socket().native_handle(), 1) == -EINVAL);
}

TEST_CASE("an option is what it was set to, and of no effect before that", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket socket = net->tcp_socket();
    for (const auto& [level, option] :
         {std::pair(SOL_SOCKET, SO_REUSEADDR), std::pair(SOL_SOCKET, SO_KEEPALIVE),
          std::pair<int, int>(IPPROTO_TCP, TCP_NODELAY)}) {
        CAPTURE(option);
        CHECK(socket.get_option<int>(level, option) == 0);
        socket.set_option(level, option, 1);
        CHECK(socket.get_option<int>(level, option) != 0);
        socket.set_option(level, option, 0);
        CHECK(socket.get_option<int>(level, option) == 0);
    }
    CHECK(error_of(socket) == 0);
}

TEST_CASE("a buffer has a size, which is twice what was asked for, and never small", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const int option = GENERATE(SO_RCVBUF, SO_SNDBUF);
    CAPTURE(option);
    for (ringlet::socket& socket :
         std::array{net->tcp_socket(), net->udp_socket(), net->unix_socket(SOCK_STREAM)}) {
        CHECK(socket.get_option<int>(SOL_SOCKET, option) > 10'000);
        socket.set_option(SOL_SOCKET, option, 30'000);
        CHECK(socket.get_option<int>(SOL_SOCKET, option) == 60'000);
        socket.set_option(SOL_SOCKET, option, 1);
        CHECK(socket.get_option<int>(SOL_SOCKET, option) > 1000);
    }
}

TEST_CASE("events tell what a stream's socket is ready for", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::network& system = ring->net();
    CHECK(events(system, net->tcp_socket()) == (POLLOUT | POLLHUP));
    const ringlet::socket listener = net->tcp_listener();
    CHECK(events(system, listener) == 0);
    const ringlet::socket client = net->tcp_client(listener);
    CHECK(events(system, listener) == POLLIN);

    const bool over_tcp = GENERATE(false, true);
    CAPTURE(over_tcp);
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    CHECK(events(system, pair.one) == POLLOUT);
    CHECK(net->send(pair.peer(), "x") == 1);
    CHECK(events(system, pair.one) == (POLLIN | POLLOUT));
    CHECK(receive_byte(*ring, pair.one) == 1);
    pair.other.shutdown(SHUT_WR);
    CHECK(receive_byte(*ring, pair.one) == 0);
    CHECK(events(system, pair.one) == (POLLIN | POLLOUT | POLLRDHUP));
    CHECK(events(system, pair.other) == POLLOUT);
    pair.one.shutdown(SHUT_WR);
    CHECK(receive_byte(*ring, pair.other) == 0);
    CHECK(events(system, pair.one) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
    CHECK(events(system, pair.other) == (POLLIN | POLLOUT | POLLRDHUP | POLLHUP));
}

TEST_CASE("shutting a listener down ends its accept with EINVAL", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket listener = net->tcp_listener();
    prepare_as(*ring, 1, [&](io_uring_sqe* sqe) {
        io_uring_prep_multishot_accept(sqe, listener.native_handle(), nullptr, nullptr, 0);
    });
    CHECK(nothing_completes(*ring));
    listener.shutdown(SHUT_RD);
    const ringlet::detail::completion cqe = next_completion(*ring);
    CHECK(cqe.result == -EINVAL);
    CHECK((cqe.flags & IORING_CQE_F_MORE) == 0);
}

TEST_CASE("after a shutdown nothing is sent, and what had come is received", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const bool over_tcp = GENERATE(false, true);
    CAPTURE(over_tcp);
    const auto [net, ring] = tested.make();
    connected_pair pair = over_tcp ? net->tcp_pair() : net->unix_pair();
    CHECK(net->send(pair.peer(), "x") == 1);
    pair.one.shutdown(SHUT_RDWR);
    CHECK(send_byte(*ring, pair.one) == -EPIPE);
    CHECK(receive_byte(*ring, pair.one) == 1);
    CHECK(receive_byte(*ring, pair.one) == 0);
    CHECK(receive_byte(*ring, pair.other) == 0);
}

TEST_CASE("a socket whose connect was refused can connect again", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    ringlet::socket vacant = net->tcp_listener();
    const ringlet::address nobody = vacant.local_address();
    vacant = ringlet::socket();
    const ringlet::socket client = net->tcp_socket();
    CHECK(net->connect(client, nobody) == -ECONNREFUSED);
    CHECK(error_of(client) == 0);
    CHECK(net->connect(client, nobody) == -ECONNREFUSED);
    const ringlet::socket listener = net->tcp_listener();
    CHECK(net->connect(client, listener.local_address()) == 0);
}

TEST_CASE("a datagram is sent whole or not at all", "[ring]") {
    const auto tested = GENERATE(from_range(rings_under_test()));
    CAPTURE(tested.name);
    const auto [net, ring] = tested.make();
    const ringlet::socket receiver = net->named_udp_socket();
    const ringlet::socket sender = net->udp_socket();
    CHECK(net->send(sender.native_handle(), "x") == -EDESTADDRREQ);
    REQUIRE(net->connect(sender, receiver.local_address()) == 0);
    const std::string largest(65'507, 'd');
    CHECK(net->send(sender.native_handle(), largest + "x") == -EMSGSIZE);
    CHECK(net->send(sender.native_handle(), largest) == 65'507);
    std::string buffer(largest.size() + 1, '\0');
    CHECK(net->recv(receiver.native_handle(), buffer) == 65'507);
    CHECK(net->recv(receiver.native_handle(), buffer, MSG_DONTWAIT) == -EAGAIN);
}

}  // namespace tests::ring_conformance_network
