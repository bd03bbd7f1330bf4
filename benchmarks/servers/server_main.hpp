// The parts that the servers under comparison share, so that they differ only in how they move
// bytes: the command line, the socket, the line that says "ready", the workers, and the signals
// that stop them.
#pragma once

#include "../endpoint.hpp"
#include "../service.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace server_main {

// The most bytes that one recv takes from a stream. It is equal in all servers, since a server that
// reads more per system call would win by that alone.
inline constexpr std::size_t buffer_size = 16 * 1024;

// The most bytes that a datagram can have.
inline constexpr std::size_t datagram_size_max = 64 * 1024;

// The most bytes of a source's message that one send takes.
inline constexpr std::size_t source_send_max = 256 * 1024;

// The number of messages that a broadcast keeps for a client that reads slowly. A client that is
// further behind is dropped.
inline constexpr std::size_t messages_behind_max = 1024;

// The times of a server with timers: how long a connection may be silent, and how often the other
// timers expire. These begin evenly spread over that time, so that a few of them lie before a
// connection's deadline and most behind it.
inline constexpr std::chrono::seconds silence_max{60};
inline constexpr std::chrono::nanoseconds timer_period = std::chrono::hours(1);

struct options {
    transport over = transport::tcp;
    std::string address;  // numeric IPv4 HOST:PORT, or unix:PATH, or unix:@NAME
    service does = service::echo;
    std::size_t message_bytes = 64;  // where bytes are not echoed
    std::size_t timers = 0;  // that are armed; each connection then has a deadline beside them
    std::string concurrency;
    std::size_t workers = 1;

    // Files in PEM, of a server that speaks TLS.
    std::string tls_certificate;
    std::string tls_key;

    // Options of ringlet's servers only:
    bool lend = false;  // echoes what is received into buffers that the loop lends
    std::chrono::microseconds spin_max{-1};  // -1 leaves it at the loop's default
};

// Whether a server speaks TLS, and so needs a certificate.
enum class security { none, tls };

// Reads the options. On a bad command line, or `--help`, it prints and exits. `concurrencies` are
// the kinds that the server has; the first is the default. Also raises the limit on open files,
// since every server here is to have more clients than the usual 1024.
options parse_command_line(int argc, char** argv, const char* description,
                           const std::vector<std::string>& concurrencies,
                           security spoken = security::none);

// Checks the options of a server that can only echo over TCP. Throws std::invalid_argument.
void require_echo_over_tcp(const options& chosen);

// Prints the address at which the server can be reached, for the program that started it.
void announce(const std::string& address);

// A worker: a function that serves at `socket` until `stop` is readable. The socket is bound, and
// listens if it is a stream's.
using serve_function = void (*)(int socket, int stop, const options& chosen);

// Opens a socket for each worker (SO_REUSEPORT), tells where they are, and runs the workers until
// SIGINT or SIGTERM: one in this thread, several each in a thread of its own or, with
// `--concurrency forks`, in a process of its own. `socket_flags` adds to the sockets' type, as in
// socket(2). Throws std::system_error.
void run(const options& chosen, int socket_flags, serve_function serve);

}  // namespace server_main
