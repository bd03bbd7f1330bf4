// A program for the tests of ringlet-daemon: one echo server of any kind, run as a service. It does
// what the file at PART says: nothing (serve), `crash`, `hang`, `throw`, or `bind` (an address of
// its own, although it was given one).
//
// Where the environment has ATTENDANT, another one attends at that path.
//
// program TRANSPORT CONCURRENCY ADDRESS PART [RESTART_TIMEOUT_MS [UNREADY_GRACE_MS]]

#include <ringlet/daemon/run.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/udp_server.hpp>
#include <ringlet/server/unix_datagram_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace {

/// Blocks the loop for a second where a client wants that.
void do_as_told(std::string_view heard) {
    if (heard == "block")
        std::this_thread::sleep_for(std::chrono::seconds(1));
}

constexpr auto echo = [](auto& client) -> ringlet::task<> {
    if constexpr (requires { client.packet(); }) {
        co_await client.reply(client.packet());
    } else {
        std::array<char, 4096> buffer;
        while (const auto size = co_await client.recv(buffer)) {
            do_as_told({buffer.data(), size});
            co_await client.send_all(std::string_view(buffer.data(), size));
        }
    }
};

ringlet::server_options options_for(std::string_view concurrency) {
    ringlet::server_options options;
    options.workers = 2;
    options.loop.ring.submission_entries = 32;
    options.loop.ring.completion_entries = 128;
    if (concurrency == "threads")
        options.concurrency = ringlet::concurrency::threads;
    if (concurrency == "forks")
        options.concurrency = ringlet::concurrency::forks;
    return options;
}

template <class Server>
void serve(ringlet::daemon::service& self, const std::string& part, const ringlet::address& local,
           const ringlet::server_options& options) {
    Server server(part == "bind" ? ringlet::named_socket() : self.socket("web"), local, echo,
                  options);
    std::optional<ringlet::unix_stream_server> attendant;
    if (const char* const beside = std::getenv("ATTENDANT")) {
        attendant.emplace(self.socket("beside"), ringlet::address::unix_path(beside), echo);
        self.attend(*attendant);
    }
    self.on_reload([] { throw std::runtime_error("nothing is to be reloaded"); });
    self.serve(server);
}

std::string part_in(const char* path) {
    std::string part;
    std::ifstream(path) >> part;
    return part;
}

}  // namespace

int main(int count, char* arguments[]) {
    if (count < 5)
        return EXIT_FAILURE;
    const std::string transport = arguments[1];
    const ringlet::server_options options = options_for(arguments[2]);
    const std::string part = part_in(arguments[4]);
    ringlet::daemon::run_options running;
    if (count > 5)
        running.restart_timeout = std::chrono::milliseconds(std::stoi(arguments[5]));
    if (count > 6)
        running.unready_grace = std::chrono::milliseconds(std::stoi(arguments[6]));
    if (part == "crash")
        std::_Exit(3);
    if (part == "hang")
        ::pause();
    return ringlet::daemon::run(running, [&](ringlet::daemon::service& self) {
        const auto local = ringlet::address::parse(arguments[3]);
        if (part == "throw")
            throw std::runtime_error("thrown as told");
        if (transport == "tcp")
            serve<ringlet::tcp_server>(self, part, local, options);
        else if (transport == "udp")
            serve<ringlet::udp_server>(self, part, local, options);
        else if (transport == "unix_stream")
            serve<ringlet::unix_stream_server>(self, part, local, options);
        else
            serve<ringlet::unix_datagram_server>(self, part, local, options);
    });
}
