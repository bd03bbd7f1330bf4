#include "echo_server.hpp"

#include "file_limit.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <system_error>

namespace echo_server {
namespace {

[[noreturn]] void fail(const char* operation) {
    throw std::system_error(errno, std::generic_category(), operation);
}

int checked(int result, const char* operation) {
    return result < 0 ? (fail(operation), -1) : result;
}

// "127.0.0.1:9999"; throws CLI::ValidationError, which CLI11 turns into a message and a status.
address parse_address(const std::string& text) {
    const auto colon = text.rfind(':');
    address parsed{text.substr(0, colon), 0};
    in_addr ignored{};
    if (colon == std::string::npos || ::inet_pton(AF_INET, parsed.host.c_str(), &ignored) != 1)
        throw CLI::ValidationError("--address",
                                   "expected a numeric IPv4 HOST:PORT, got '" + text + "'");
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + colon + 1, last, parsed.port);
    if (error != std::errc{} || end != last)
        throw CLI::ValidationError("--address", "no port number at the end of '" + text + "'");
    return parsed;
}

}  // namespace

address parse_command_line(int argc, char** argv, const char* description) {
    CLI::App command{description};
    std::string where = "127.0.0.1:0";
    command.add_option("--address", where, "HOST:PORT to listen on; port 0 lets the kernel choose")
        ->capture_default_str();
    try {
        command.parse(argc, argv);
        raise_file_limit();
        return parse_address(where);
    } catch (const CLI::Error& error) {
        std::exit(command.exit(error));
    }
}

int listen_on(const address& where, int socket_flags) {
    const int listener = checked(
        ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | socket_flags, IPPROTO_TCP), "socket");
    const int on = 1;
    checked(::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    checked(::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");

    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(where.port);
    ::inet_pton(AF_INET, where.host.c_str(), &name.sin_addr);
    checked(::bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name), "bind");
    checked(::listen(listener, 4096), "listen");
    return listener;
}

void announce(const std::string& host, std::uint16_t port) {
    std::cout << "listening on " << host << ':' << port << std::endl;
}

void announce(int listener) {
    sockaddr_in name{};
    socklen_t length = sizeof name;
    checked(::getsockname(listener, reinterpret_cast<sockaddr*>(&name), &length), "getsockname");
    std::array<char, INET_ADDRSTRLEN> host{};
    ::inet_ntop(AF_INET, &name.sin_addr, host.data(), host.size());
    announce(host.data(), ntohs(name.sin_port));
}

int stop_signals() {
    sigset_t stopping;
    ::sigemptyset(&stopping);
    ::sigaddset(&stopping, SIGINT);
    ::sigaddset(&stopping, SIGTERM);
    checked(::sigprocmask(SIG_BLOCK, &stopping, nullptr), "sigprocmask");
    return checked(::signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
}

}  // namespace echo_server
