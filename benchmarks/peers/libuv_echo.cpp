// A peer: libuv, its streams, in one thread.

#include "../servers/server_main.hpp"

#include <uv.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int backlog = 4096;

void check(int result, const char* operation) {
    if (result < 0)
        throw std::runtime_error(operation + (": " + std::string(uv_strerror(result))));
}

struct connection {
    uv_tcp_t socket;
    uv_write_t writing;
    std::vector<char> rest;  // of an echo that the peer has not taken at once
};

uv_stream_t* stream_of(connection* c) {
    return reinterpret_cast<uv_stream_t*>(&c->socket);
}

void close_connection(connection* c) {
    auto* handle = reinterpret_cast<uv_handle_t*>(&c->socket);
    if (uv_is_closing(handle) == 0)
        uv_close(handle,
                 [](uv_handle_t* closed) { delete static_cast<connection*>(closed->data); });
}

// All share one, since an echo has left it before the next one is read.
void give_buffer(uv_handle_t*, std::size_t, uv_buf_t* buffer) {
    static std::array<char, server_main::buffer_size> shared;
    *buffer = uv_buf_init(shared.data(), shared.size());
}

void start_reading(connection* c);

void on_written(uv_write_t* writing, int status) {
    auto* c = static_cast<connection*>(writing->data);
    if (status < 0)
        close_connection(c);
    else
        start_reading(c);
}

// Nothing is read until it has been taken.
void write_rest(connection* c, const char* data, std::size_t size) {
    uv_read_stop(stream_of(c));
    c->rest.assign(data, data + size);
    const uv_buf_t rest = uv_buf_init(c->rest.data(), static_cast<unsigned>(size));
    if (uv_write(&c->writing, stream_of(c), &rest, 1, on_written) < 0)
        close_connection(c);
}

void on_read(uv_stream_t* stream, ssize_t received, const uv_buf_t* buffer) {
    auto* c = static_cast<connection*>(stream->data);
    if (received == 0)  // nothing has come after all
        return;
    if (received < 0)
        return close_connection(c);
    const uv_buf_t echo = uv_buf_init(buffer->base, static_cast<unsigned>(received));
    const int written = uv_try_write(stream, &echo, 1);
    if (written == received)
        return;
    if (written < 0 && written != UV_EAGAIN)
        return close_connection(c);
    const auto gone = static_cast<std::size_t>(written < 0 ? 0 : written);
    write_rest(c, buffer->base + gone, static_cast<std::size_t>(received) - gone);
}

void start_reading(connection* c) {
    if (uv_read_start(stream_of(c), give_buffer, on_read) < 0)
        close_connection(c);
}

void on_connection(uv_stream_t* listener, int status) {
    if (status < 0)
        return;
    auto* c = new connection{};
    uv_tcp_init(listener->loop, &c->socket);
    c->socket.data = c->writing.data = c;
    if (uv_accept(listener, stream_of(c)) < 0)
        return close_connection(c);
    uv_tcp_nodelay(&c->socket, 1);
    start_reading(c);
}

std::string address_of(const uv_tcp_t& listener) {
    endpoint bound{.over = transport::tcp};
    int size = sizeof bound.storage;
    check(uv_tcp_getsockname(&listener, bound.data(), &size), "getsockname");
    return to_string(bound);
}

void stop(uv_signal_t* signal, int) {
    uv_stop(signal->loop);
}

void serve(const server_main::options& chosen) {
    uv_loop_t* loop = uv_default_loop();
    uv_tcp_t listener;
    check(uv_tcp_init(loop, &listener), "uv_tcp_init");
    check(uv_tcp_bind(&listener, parse_endpoint(chosen.over, chosen.address).data(), 0), "bind");
    check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), backlog, on_connection), "listen");
    std::array<uv_signal_t, 2> signals;
    for (std::size_t i = 0; i < signals.size(); ++i) {
        uv_signal_init(loop, &signals[i]);
        check(uv_signal_start(&signals[i], stop, i == 0 ? SIGINT : SIGTERM), "signal");
    }
    server_main::announce(address_of(listener));
    uv_run(loop, UV_RUN_DEFAULT);  // what is open after that ends with the process
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen =
        server_main::parse_command_line(argc, argv, "Echo server on libuv, over TCP.", {"loop"});
    server_main::require_echo_over_tcp(chosen);
    serve(chosen);
} catch (const std::exception& error) {
    std::fprintf(stderr, "libuv_echo: %s\n", error.what());
    return 1;
}
