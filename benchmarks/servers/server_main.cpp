#include "server_main.hpp"

#include "../checked.hpp"
#include "../file_limit.hpp"

#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <thread>

namespace server_main {
namespace {

std::string default_address(transport over) {
    return is_unix(over) ? "unix:@ringlet-benchmark-" + std::to_string(::getpid()) : "127.0.0.1:0";
}

int bind_to(const endpoint& where, int socket_flags) {
    const int fd = open_socket(where.over, socket_flags);
    const int on = 1;
    if (where.over == transport::tcp)
        checked(::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), "SO_REUSEADDR");
    if (!is_unix(where.over))
        checked(::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), "SO_REUSEPORT");
    checked(::bind(fd, where.data(), where.size), "bind");
    if (is_stream(where.over))
        checked(::listen(fd, 4096), "listen");
    return fd;
}

// Those of Unix sockets are all the same one, since these cannot share an address.
std::vector<int> open_sockets(const options& chosen, int socket_flags) {
    std::vector<int> sockets{bind_to(parse_endpoint(chosen.over, chosen.address), socket_flags)};
    const endpoint real = endpoint_of(sockets.front(), chosen.over);
    while (sockets.size() < chosen.workers)
        sockets.push_back(is_unix(chosen.over) ? sockets.front() : bind_to(real, socket_flags));
    announce(to_string(real));
    return sockets;
}

// Readable when SIGINT or SIGTERM has come, which do nothing else from then on.
int stop_signals() {
    sigset_t stopping;
    ::sigemptyset(&stopping);
    ::sigaddset(&stopping, SIGINT);
    ::sigaddset(&stopping, SIGTERM);
    checked(::sigprocmask(SIG_BLOCK, &stopping, nullptr), "sigprocmask");
    return checked(::signalfd(-1, &stopping, SFD_CLOEXEC | SFD_NONBLOCK), "signalfd");
}

[[noreturn]] void be_child(int socket, int stop, const options& chosen, serve_function serve) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    try {
        serve(socket, stop, chosen);
        ::_exit(0);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "worker: %s\n", error.what());
        ::_exit(1);
    }
}

void run_processes(const std::vector<int>& sockets, int stop, const options& chosen,
                   serve_function serve) {
    std::vector<pid_t> children;
    for (const int socket : sockets)
        if (const pid_t child = checked(::fork(), "fork"); child != 0)
            children.push_back(child);
        else
            be_child(socket, stop, chosen, serve);
    pollfd stopping{stop, POLLIN, 0};
    ::poll(&stopping, 1, -1);
    for (const pid_t child : children)
        ::kill(child, SIGTERM);
    for (const pid_t child : children)
        ::waitpid(child, nullptr, 0);
}

// Nobody reads `stop`, so that every worker finds it readable. An error ends the process.
void run_threads(const std::vector<int>& sockets, int stop, const options& chosen,
                 serve_function serve) {
    std::vector<std::thread> threads;
    for (const int socket : sockets)
        threads.emplace_back(serve, socket, stop, std::cref(chosen));
    for (auto& thread : threads)
        thread.join();
}

}  // namespace

options parse_command_line(int argc, char** argv, const char* description,
                           const std::vector<std::string>& concurrencies, security spoken) {
    CLI::App command{description};
    options chosen;
    chosen.concurrency = concurrencies.front();
    command.add_option("--transport", chosen.over, "tcp, udp, unix or unix-datagram")
        ->transform(CLI::CheckedTransformer(transports).description(""))
        ->default_str("tcp");
    command.add_option("--address", chosen.address,
                       "HOST:PORT, unix:PATH or unix:@NAME; by default one that is free");
    command.add_option("--service", chosen.does, "echo, sink, source or broadcast")
        ->transform(CLI::CheckedTransformer(services).description(""))
        ->default_str("echo");
    command
        .add_option("--message-bytes", chosen.message_bytes,
                    "What a sink takes for a byte, and a source gives for one; how large the "
                    "messages of a broadcast are")
        ->check(CLI::Range(1, 16 * 1024 * 1024))
        ->capture_default_str();
    command
        .add_option("--timers", chosen.timers,
                    "Timers that are armed, beside a deadline for each connection which each "
                    "message moves; for an echo over streams in one loop")
        ->check(CLI::Range(0, 10'000'000))
        ->capture_default_str();
    command.add_option("--concurrency", chosen.concurrency, "Where clients are served")
        ->check(CLI::IsMember(concurrencies))
        ->capture_default_str();
    command.add_option("--workers", chosen.workers, "Threads, or processes, that serve")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    if (spoken == security::tls) {
        command.add_option("--tls-certificate", chosen.tls_certificate, "In PEM")->required();
        command.add_option("--tls-key", chosen.tls_key, "Of the certificate")->required();
    }
    command.add_flag("--lend", chosen.lend,
                     "Echo streams without buffers of their own, from those that ringlet lends");
    int spin_us = -1;
    command
        .add_option("--spin-us", spin_us,
                    "How long an idle loop looks for news before it blocks; only ringlet's does")
        ->check(CLI::Range(0, 10'000));
    try {
        command.parse(argc, argv);
        chosen.spin_max = std::chrono::microseconds(spin_us);
        if (!is_stream(chosen.over) && chosen.does != service::echo &&
            !(chosen.over == transport::udp && chosen.does == service::source))
            throw CLI::ValidationError("--service", "datagrams are echoed, or UDP's a source's");
        if (chosen.does == service::broadcast && chosen.concurrency != "loop")
            throw CLI::ValidationError("--service", "a broadcast is for clients of one loop");
        if (chosen.timers > 0 && !(is_stream(chosen.over) && chosen.does == service::echo &&
                                   chosen.concurrency == "loop"))
            throw CLI::ValidationError("--timers", "for an echo over streams in one loop");
        if (chosen.address.empty())
            chosen.address = default_address(chosen.over);
        parse_endpoint(chosen.over, chosen.address);
    } catch (const CLI::Error& error) {
        std::exit(command.exit(error));
    } catch (const std::invalid_argument& error) {
        std::exit(command.exit(CLI::ValidationError("--address", error.what())));
    }
    raise_file_limit();
    return chosen;
}

void require_echo_over_tcp(const options& chosen) {
    if (chosen.over != transport::tcp || chosen.does != service::echo || chosen.timers > 0)
        throw std::invalid_argument("echoes over TCP only");
}

void announce(const std::string& address) {
    std::cout << "listening on " << address << std::endl;
}

void run(const options& chosen, int socket_flags, serve_function serve) {
    const int stop = stop_signals();
    const auto sockets = open_sockets(chosen, socket_flags);
    if (chosen.concurrency == "forks")
        run_processes(sockets, stop, chosen, serve);
    else if (sockets.size() > 1)
        run_threads(sockets, stop, chosen, serve);
    else
        serve(sockets.front(), stop, chosen);
}

}  // namespace server_main
