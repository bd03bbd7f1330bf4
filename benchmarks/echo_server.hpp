// What the echo servers under comparison share, so that they differ only in how they move bytes:
// the command line, the listener, the line that says "ready", and the signals that stop them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace echo_server {

// The most one recv takes. The same in every server, or one would win by reading more per system
// call.
inline constexpr std::size_t buffer_size = 16 * 1024;

struct address {
    std::string host;    // numeric IPv4
    std::uint16_t port;  // 0: the kernel chooses
};

// Reads `--address HOST:PORT`; on a bad command line, or `--help`, prints and exits.
// Also lifts the limit on open files: every server here is meant to meet more clients than the
// usual 1024.
address parse_command_line(int argc, char** argv, const char* description);

// A listening TCP socket, close-on-exec. `socket_flags` adds to the type, as in socket(2):
// SOCK_NONBLOCK. TCP_NODELAY is set here, once, because accepted sockets inherit it. Throws
// std::system_error.
int listen_on(const address& where, int socket_flags);

// Tells whoever started the server that it can be reached, and where.
void announce(const std::string& host, std::uint16_t port);
void announce(int listener);

// Blocks SIGINT and SIGTERM and returns a signalfd(2) that becomes readable when one of them
// arrives. Throws std::system_error.
int stop_signals();

}  // namespace echo_server
