// The baseline of echoes over TLS: a server on epoll and OpenSSL, written by hand, as well as we
// can.

#include "epoll_tls_streams.hpp"
#include "server_main.hpp"

#include <sys/socket.h>

#include <cstdio>
#include <exception>

namespace {

void serve(int socket, int stop, const server_main::options& chosen) {
    epoll_tls_streams(socket, stop, chosen).run();
}

}  // namespace

int main(int argc, char** argv) try {
    const auto chosen =
        server_main::parse_command_line(argc, argv, "Echo server on epoll and OpenSSL, by hand.",
                                        {"loop"}, server_main::security::tls);
    server_main::require_echo_over_tcp(chosen);
    server_main::run(chosen, SOCK_NONBLOCK, serve);
} catch (const std::exception& error) {
    std::fprintf(stderr, "epoll_tls_echo: %s\n", error.what());
    return 1;
}
