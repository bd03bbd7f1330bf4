// A peer: libevent in one thread, its events rather than its bufferevents, which take 4 KiB at a
// time, and write only once the socket has been polled.

#include "../servers/server_main.hpp"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <system_error>
#include <vector>

namespace {

constexpr int backlog = 4096;

template <class T>
T* made(T* result, const char* operation) {
    if (result == nullptr)
        throw std::system_error(errno, std::generic_category(), operation);
    return result;
}

struct connection {
    event readable;
    event writable;
    std::vector<std::byte> rest;  // of an echo that the peer has not taken at once
};

bool failed(ssize_t result) {
    return result < 0 && errno != EAGAIN && errno != EINTR;
}

void close_connection(connection* c) {
    const evutil_socket_t fd = event_get_fd(&c->readable);
    event_del(&c->readable);
    event_del(&c->writable);
    evutil_closesocket(fd);
    delete c;
}

void on_readable(evutil_socket_t fd, short, void* argument) {
    static std::array<std::byte, server_main::buffer_size> buffer;  // an echo leaves it at once
    auto* c = static_cast<connection*>(argument);
    const ssize_t received = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (received == 0 || failed(received))
        return close_connection(c);
    if (received < 0)
        return;
    const ssize_t sent =
        ::send(fd, buffer.data(), static_cast<std::size_t>(received), MSG_NOSIGNAL);
    if (sent == received)
        return;
    if (failed(sent))
        return close_connection(c);
    c->rest.assign(buffer.data() + (sent < 0 ? 0 : sent), buffer.data() + received);
    event_del(&c->readable);
    event_add(&c->writable, nullptr);
}

void on_writable(evutil_socket_t fd, short, void* argument) {
    auto* c = static_cast<connection*>(argument);
    const ssize_t sent = ::send(fd, c->rest.data(), c->rest.size(), MSG_NOSIGNAL);
    if (failed(sent))
        return close_connection(c);
    c->rest.erase(c->rest.begin(), c->rest.begin() + (sent < 0 ? 0 : sent));
    if (!c->rest.empty())
        return;
    event_del(&c->writable);
    event_add(&c->readable, nullptr);
}

void on_accept(evconnlistener* listener, evutil_socket_t fd, sockaddr*, int, void*) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    event_base* base = evconnlistener_get_base(listener);
    auto* c = new connection{};
    event_assign(&c->readable, base, fd, EV_READ | EV_PERSIST, on_readable, c);
    event_assign(&c->writable, base, fd, EV_WRITE | EV_PERSIST, on_writable, c);
    if (event_add(&c->readable, nullptr) != 0)
        close_connection(c);
}

void stop(evutil_socket_t, short, void* base) {
    event_base_loopbreak(static_cast<event_base*>(base));
}

void serve(const server_main::options& chosen) {
    const endpoint where = parse_endpoint(chosen.over, chosen.address);
    event_base* base = made(event_base_new(), "event_base_new");
    evconnlistener* listener = made(
        evconnlistener_new_bind(base, on_accept, nullptr, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE,
                                backlog, where.data(), static_cast<int>(where.size)),
        "evconnlistener_new_bind");
    for (const int number : {SIGINT, SIGTERM})
        event_add(made(evsignal_new(base, number, stop, base), "evsignal_new"), nullptr);
    server_main::announce(to_string(endpoint_of(evconnlistener_get_fd(listener), chosen.over)));
    event_base_dispatch(base);  // what is open after that ends with the process
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen =
        server_main::parse_command_line(argc, argv, "Echo server on libevent, over TCP.", {"loop"});
    server_main::require_echo_over_tcp(chosen);
    serve(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "libevent_echo: %s\n", error.what());
    return 1;
}
