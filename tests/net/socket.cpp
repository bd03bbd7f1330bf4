#include "base/detail/owned_descriptors.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "descriptors.hpp"

#include <ringlet/net/socket.hpp>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace tests::net_socket {

using ringlet::address;
using ringlet::network;

static_assert(!std::is_copy_constructible_v<ringlet::socket>);

namespace {

/// The error that `call()` throws; the text names the system call.
template <class Call>
std::error_code error_of(const char* name, Call call) {
    try {
        call();
    } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find(name) == 0);
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("a socket closes its descriptor, once", "[net]") {
    const std::size_t before = open_descriptors();
    {
        ringlet::socket one = ringlet::socket::open(network::system(), AF_INET, SOCK_STREAM);
        CHECK(one.is_open());
        CHECK(open_descriptors() == before + 1);
        ringlet::socket other = std::move(one);
        CHECK_FALSE(one.is_open());  // NOLINT(bugprone-use-after-move): what is tested
        CHECK(one.native_handle() == -1);
        other = ringlet::socket::open(network::system(), AF_INET6, SOCK_DGRAM);
        one = std::move(other);
        CHECK(one.is_open());
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a socket that gave its descriptor away does not close it", "[net]") {
    int fd = -1;
    {
        ringlet::socket one = ringlet::socket::open(network::system(), AF_UNIX, SOCK_STREAM);
        fd = one.release();
        CHECK_FALSE(one.is_open());
    }
    CHECK(::fcntl(fd, F_GETFD) == FD_CLOEXEC);
    ::close(fd);
}

TEST_CASE("a socket knows its own name and its peer's", "[net]") {
    ringlet::socket listening = ringlet::socket::open(network::system(), AF_INET, SOCK_STREAM);
    listening.bind(address("127.0.0.1", 0));
    listening.listen(1);
    const address local = listening.local_address();
    CHECK(local.host() == "127.0.0.1");
    CHECK(local.port() != 0);
    const ringlet::socket client = tcp_client(listening);
    CHECK(client.peer_address() == local);
    CHECK(client.local_address().port() != local.port());
    CHECK(error_of("getpeername", [&] { static_cast<void>(listening.peer_address()); }) ==
          std::errc::not_connected);
}

TEST_CASE("a socket's options are set and read", "[net]") {
    ringlet::socket one = ringlet::socket::open(network::system(), AF_INET, SOCK_STREAM);
    CHECK(one.get_option<int>(IPPROTO_TCP, TCP_NODELAY) == 0);
    one.set_option(IPPROTO_TCP, TCP_NODELAY, 1);
    CHECK(one.get_option<int>(IPPROTO_TCP, TCP_NODELAY) == 1);
    one.set_option(SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 9});
    CHECK(one.get_option<linger>(SOL_SOCKET, SO_LINGER).l_linger == 9);
    CHECK(error_of("setsockopt", [&] { one.set_option(IPPROTO_TCP, 9999, 1); }) ==
          std::errc::no_protocol_option);
}

TEST_CASE("shutting a socket down ends the peer's stream", "[net]") {
    connected_pair pair = tcp_pair();
    pair.one.shutdown(SHUT_WR);
    char byte = 0;
    CHECK(::recv(pair.peer(), &byte, 1, 0) == 0);
}

TEST_CASE("calls on no socket fail with EBADF, and name the call", "[net]") {
    ringlet::socket none;
    const address any("127.0.0.1", 0);
    CHECK_FALSE(none.is_open());
    CHECK(error_of("bind", [&] { none.bind(any); }).value() == EBADF);
    CHECK(error_of("listen", [&] { none.listen(1); }).value() == EBADF);
    CHECK(error_of("shutdown", [&] { none.shutdown(SHUT_RDWR); }).value() == EBADF);
    CHECK(error_of("getsockname", [&] { static_cast<void>(none.local_address()); }).value() ==
          EBADF);
    CHECK(error_of("getpeername", [&] { static_cast<void>(none.peer_address()); }).value() ==
          EBADF);
    CHECK(error_of("setsockopt", [&] { none.set_option(SOL_SOCKET, SO_KEEPALIVE, 1); }).value() ==
          EBADF);
    CHECK(error_of("getsockopt", [&] {
              static_cast<void>(none.get_option<int>(SOL_SOCKET, SO_KEEPALIVE));
          }).value() == EBADF);
}

TEST_CASE("a socket that cannot be opened says so", "[net]") {
    const auto open_nonsense = [] {
        const auto never = ringlet::socket::open(network::system(), -1, SOCK_STREAM);
    };
    CHECK(error_of("socket", open_nonsense) == std::errc::address_family_not_supported);
}

TEST_CASE("a descriptor is known as ringlet's for as long as a socket owns it", "[net]") {
    ringlet::socket one = ringlet::socket::open(network::system(), AF_INET, SOCK_STREAM);
    const int fd = one.native_handle();
    CHECK(ringlet::detail::owned_descriptors::contains(fd));
    ringlet::socket other = std::move(one);
    one = std::move(other);
    CHECK(ringlet::detail::owned_descriptors::contains(fd));
    CHECK(one.release() == fd);
    CHECK_FALSE(ringlet::detail::owned_descriptors::contains(fd));
    one = ringlet::socket(network::system(), fd);
    CHECK(ringlet::detail::owned_descriptors::contains(fd));
    one = ringlet::socket();
    CHECK_FALSE(ringlet::detail::owned_descriptors::contains(fd));
}

}  // namespace tests::net_socket
