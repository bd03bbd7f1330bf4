#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/ring/network.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

/// Two sockets that are each other's peers.
struct connected_pair {
    ringlet::socket one;
    ringlet::socket other;

    [[nodiscard]] int fd() const noexcept { return one.native_handle(); }
    [[nodiscard]] int peer() const noexcept { return other.native_handle(); }
};

inline int check_socket_call(int result, const char* call) {
    if (result < 0)
        throw std::system_error(errno, std::system_category(), call);
    return result;
}

inline ringlet::socket owned_socket(int fd, const char* call) {
    return {ringlet::network::system(), check_socket_call(fd, call)};
}

/// Unix sockets of `type`: SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET.
inline connected_pair unix_pair(int type = SOCK_STREAM) {
    std::array<int, 2> fds{};
    check_socket_call(::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()), "socketpair");
    return {owned_socket(fds[0], "socketpair"), owned_socket(fds[1], "socketpair")};
}

inline sockaddr_in loopback(in_port_t port = 0) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

inline ringlet::socket tcp_socket(ringlet::network& net = ringlet::network::system()) {
    return ringlet::socket::open(net, AF_INET, SOCK_STREAM);
}

/// A TCP socket that listens on a free port of 127.0.0.1.
inline ringlet::socket tcp_listener(int backlog = 16,
                                    ringlet::network& net = ringlet::network::system()) {
    ringlet::socket listener = tcp_socket(net);
    listener.bind(ringlet::address("127.0.0.1", 0));
    listener.listen(backlog);
    return listener;
}

/// The IPv4 address to which a socket is bound.
inline sockaddr_in name_of(const ringlet::socket& bound) {
    sockaddr_in native{};
    std::memcpy(&native, bound.local_address().data(), sizeof(native));
    return native;
}

/// connect(2), in this thread.
inline void connect(const ringlet::socket& client, const sockaddr_in& address) {
    check_socket_call(::connect(client.native_handle(), reinterpret_cast<const sockaddr*>(&address),
                                sizeof(address)),
                      "connect");
}

/// A client of `listener`; it need not have been accepted.
inline ringlet::socket tcp_client(const ringlet::socket& listener) {
    ringlet::socket client = tcp_socket();
    connect(client, name_of(listener));
    return client;
}

inline connected_pair tcp_pair() {
    const ringlet::socket listener = tcp_listener();
    ringlet::socket client = tcp_client(listener);
    return {
        owned_socket(::accept4(listener.native_handle(), nullptr, nullptr, SOCK_CLOEXEC), "accept"),
        std::move(client)};
}

/// Closes a TCP socket with a reset instead of a FIN.
inline void reset(ringlet::socket& socket) {
    socket.set_option(SOL_SOCKET, SO_LINGER, linger{.l_onoff = 1, .l_linger = 0});
    socket = ringlet::socket();
}
