#include "base/detail/owned_descriptors.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "forwarding_network.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/ring/network.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>

#include <limits>
#include <thread>
#include <vector>

namespace tests::ring_network {

TEST_CASE("every call of the system's network answers -errno", "[ring]") {
    ringlet::network& net = ringlet::network::system();
    sockaddr_in address = loopback();
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    int value = 1;
    socklen_t value_size = sizeof(value);

    CHECK(net.open(AF_INET, SOCK_STREAM, -1) == -EINVAL);
    CHECK(net.open(-1, SOCK_STREAM, 0) == -EAFNOSUPPORT);
    CHECK(net.bind(-1, any, size) == -EBADF);
    CHECK(net.listen(-1, 1) == -EBADF);
    CHECK(net.local_address(-1, any, &size) == -EBADF);
    CHECK(net.peer_address(-1, any, &size) == -EBADF);
    CHECK(net.set_option(-1, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof(value)) == -EBADF);
    CHECK(net.get_option(-1, SOL_SOCKET, SO_KEEPALIVE, &value, &value_size) == -EBADF);
    CHECK(net.ready_events(-1, POLLIN) == 0);  // poll(2) ignores it
    CHECK(net.shutdown(-1, SHUT_RDWR) == -EBADF);
    CHECK(net.close(-1) == -EBADF);
}

TEST_CASE("the system's network opens, names, listens and closes sockets of the system", "[ring]") {
    ringlet::network& net = ringlet::network::system();
    const int fd = net.open(AF_INET, SOCK_STREAM, 0);
    REQUIRE(fd >= 0);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);

    sockaddr_in address = loopback();
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    CHECK(net.bind(fd, any, size) == 0);
    CHECK(net.listen(fd, 1) == 0);
    CHECK(net.local_address(fd, any, &size) == 0);
    CHECK(size == sizeof(address));
    CHECK(address.sin_port != 0);
    CHECK(net.peer_address(fd, any, &size) == -ENOTCONN);

    const int on = 1;
    int no_delay = 0;
    socklen_t option_size = sizeof(no_delay);
    CHECK(net.set_option(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
    CHECK(net.get_option(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &option_size) == 0);
    CHECK(no_delay != 0);

    CHECK(net.close(fd) == 0);
    CHECK(::fcntl(fd, F_GETFD) == -1);
}

TEST_CASE("the system's network shuts one side of a connection down", "[ring]") {
    const connected_pair pair = unix_pair();
    CHECK(ringlet::network::system().shutdown(pair.fd(), SHUT_WR) == 0);
    char byte = 0;
    CHECK(::recv(pair.peer(), &byte, 1, MSG_DONTWAIT) == 0);
    CHECK(::send(pair.peer(), "x", 1, MSG_NOSIGNAL) == 1);
    CHECK(::recv(pair.fd(), &byte, 1, MSG_DONTWAIT) == 1);
}

TEST_CASE("the system's network knows what ringlet owns of it", "[ring]") {
    ringlet::network& net = ringlet::network::system();
    const int high = 1'000'000;  // no number has to be open
    for (const int fd : {700, high, 701, high + 40'000}) {
        net.own(fd);
        net.own(fd);
        CHECK(ringlet::detail::owned_descriptors::contains(fd));
        CHECK_FALSE(ringlet::detail::owned_descriptors::contains(fd + 2));
        net.disown(fd);
        CHECK_FALSE(ringlet::detail::owned_descriptors::contains(fd));
    }
    net.disown(2'000'000'000);
    CHECK_FALSE(ringlet::detail::owned_descriptors::contains(2'000'000'000));
}

TEST_CASE("threads own and disown descriptors at the same time", "[ring]") {
    constexpr int threads = 4;
    constexpr int each = 20'000;
    constexpr int base = 3'000'000;  // numbers which nobody has, in chunks that nobody has made
    const auto own_some = [](int first) {
        for (int fd = base + first; fd < base + each * threads; fd += threads)
            ringlet::network::system().own(fd);
        for (int fd = base + first; fd < base + each * threads; fd += 2 * threads)
            ringlet::network::system().disown(fd);
    };
    {
        std::vector<std::jthread> running;
        for (int first = 0; first < threads; ++first)
            running.emplace_back(own_some, first);
    }
    int wrong = 0;
    for (int i = 0; i < each * threads; ++i) {
        const bool owned = ringlet::detail::owned_descriptors::contains(base + i);
        wrong += owned == (i / threads % 2 == 0) ? 1 : 0;
        ringlet::network::system().disown(base + i);
    }
    CHECK(wrong == 0);
}

TEST_CASE("the system's network tells at once what a socket is ready for", "[ring]") {
    ringlet::network& net = ringlet::network::system();
    connected_pair pair = unix_pair();
    CHECK(net.ready_events(pair.fd(), POLLIN) == 0);
    CHECK(net.ready_events(pair.fd(), POLLIN | POLLOUT) == POLLOUT);
    REQUIRE(::send(pair.peer(), "x", 1, 0) == 1);
    CHECK(net.ready_events(pair.fd(), POLLIN) == POLLIN);
    pair.other = {};
    CHECK((net.ready_events(pair.fd(), POLLRDHUP) & POLLHUP) != 0);
    CHECK(net.ready_events(std::numeric_limits<int>::max(), POLLIN) == POLLNVAL);
}

TEST_CASE("the network of a thread is the system's, unless something stands in for that",
          "[ring]") {
    CHECK(&ringlet::network::current() == &ringlet::network::system());
    CHECK(ringlet::network::system().in_system());
    forwarding_network net;
    scripted_stand_in simulation;
    simulation.network = &net;
    CHECK(&ringlet::network::current() == &net);
}

}  // namespace tests::ring_network
