// Finds the open TCP ports of a machine. It makes many attempts at once, each with a time limit of
// its own.

#include "command_line.hpp"

#include <ringlet/ringlet.hpp>

#include <charconv>
#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace {

struct port_range {
    int first;
    int last;
};

/// Reads `1-1024`, or `80` for one port.
port_range parse_ports(std::string_view text) {
    const char* const end = text.data() + text.size();
    port_range ports{0, 0};
    auto read = std::from_chars(text.data(), end, ports.first);
    ports.last = ports.first;
    if (read.ptr != end && *read.ptr == '-')
        read = std::from_chars(read.ptr + 1, end, ports.last);
    if (read.ec != std::errc{} || read.ptr != end || ports.first < 1 || ports.first > ports.last ||
        ports.last > 65535)
        throw std::invalid_argument("--ports are FIRST-LAST from 1 to 65535, not \"" +
                                    std::string(text) + "\"");
    return ports;
}

class port_scanner {
public:
    port_scanner(std::string host, std::chrono::milliseconds timeout)
        : host_(std::move(host)), timeout_(timeout) {}

    /// Tries the ports, at most `at_once` at the same time.
    ringlet::task<> scan(port_range ports, std::size_t at_once) {
        std::optional<ringlet::address> machine = ringlet::address::literal(host_, 0);
        if (!machine)
            machine = (co_await ringlet::resolve(host_, 0)).front();
        const std::string target = machine->host();
        co_await ringlet::task_group::run(
            at_once, [&](ringlet::task_group& attempts) -> ringlet::task<> {
                for (int port = ports.first; port <= ports.last; ++port)
                    co_await attempts.spawn_when_free(attempt({target, port}));
            });
        std::cout << target << ": " << open_ << " open, " << closed_ << " closed, " << silent_
                  << " silent" << std::endl;
    }

private:
    ringlet::task<> attempt(ringlet::address peer) {
        std::error_code error;
        static_cast<void>(co_await ringlet::with_timeout(timeout_, ringlet::connect(peer, error)));
        if (error == std::errc::timed_out) {
            ++silent_;
        } else if (error == std::errc::connection_refused) {
            ++closed_;
        } else if (error) {
            throw std::system_error(error, "cannot try " + peer.to_string());
        } else {
            ++open_;
            std::cout << peer << " is open" << std::endl;
        }
    }

    std::string host_;
    std::chrono::milliseconds timeout_;
    int open_ = 0;
    int closed_ = 0;
    int silent_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    std::string host = "127.0.0.1";
    std::string ports = "1-1024";
    std::size_t at_once = 200;
    std::chrono::milliseconds timeout(300);
    return run_program(argc, argv, "Finds the open TCP ports of a machine.",
                       {{"--address", &host, "IP address or name of the machine"},
                        {"--ports", &ports, "FIRST-LAST, or one port"},
                        {"--at-once", &at_once, "Ports that are tried at the same time"},
                        {"--timeout", &timeout, "How long a port may take to answer"}},
                       [&] {
                           const port_range range = parse_ports(ports);
                           port_scanner scanner(host, timeout);
                           ringlet::block_on(scanner.scan(range, at_once));
                       });
}
