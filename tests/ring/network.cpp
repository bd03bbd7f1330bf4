#include "catch.hpp"
#include "connected_pair.hpp"

#include <ringlet/ring/network.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>

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
