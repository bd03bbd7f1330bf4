// Sends all bytes back, over any transport, with or without TLS, behind a proxy or not, and with
// any kind of concurrency. The handlers do not depend on any of these.

#include "command_line.hpp"
#include "proxy.hpp"
#include "serve_and_tell.hpp"
#include "tls.hpp"

#include <ringlet/ringlet.hpp>

#include <array>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace {

using ringlet::concurrency;

ringlet::task<> echo_stream(ringlet::stream& client) {
    std::array<char, 16'384> buffer;
    while (const auto size = co_await client.recv(buffer))
        co_await client.send_all(std::string_view(buffer.data(), size));
}

ringlet::task<> echo_datagram(ringlet::datagram_request& request) {
    co_await request.reply(request.packet());
}

template <class Server, auto handler>
std::unique_ptr<ringlet::server> make(const ringlet::address& address,
                                      const ringlet::server_options& options) {
    return std::make_unique<Server>(address, handler, options);
}

const std::map<std::string, decltype(&make<ringlet::tcp_server, echo_stream>)> transports{
    {"tcp", make<ringlet::tcp_server, echo_stream>},
    {"udp", make<ringlet::udp_server, echo_datagram>},
    {"unix", make<ringlet::unix_stream_server, echo_stream>},
    {"unix-datagram", make<ringlet::unix_datagram_server, echo_datagram>},
};

const std::map<std::string, concurrency> concurrencies{
    {"loop", concurrency::loop},
    {"threads", concurrency::threads},
    {"thread-per-connection", concurrency::thread_per_request},
    {"forks", concurrency::forks},
    {"fork-per-connection", concurrency::fork_per_request},
};

}  // namespace

int main(int argc, char** argv) {
    std::string transport = "tcp";
    std::string concurrently = "loop";
    std::string address = "127.0.0.1:9999";
    tls_server_files tls;
    proxies_in_front proxies;
    ringlet::server_options options;
    return run_program(
        argc, argv, "Echoes.",
        with_tls(
            tls,
            with_proxies(
                proxies,
                {{"--transport", one_of(transport, transports), "What carries the bytes"},
                 {"--concurrency", one_of(concurrently, concurrencies), "Where the handlers run"},
                 {"--address", &address, "HOST:PORT, or unix:PATH for the transports of that name"},
                 {"--workers", &options.workers,
                  "Threads or forks in a pool; 0 for one for each CPU"}})),
        [&] {
            if (!tls.certificate.empty() && transport != "tcp" && transport != "unix")
                throw std::invalid_argument("TLS is for the transports tcp and unix");
            accept_proxies(options, proxies);
            speak_tls(options, tls);
            options.concurrency = concurrencies.at(concurrently);
            const auto server = transports.at(transport)(ringlet::address::parse(address), options);
            serve_and_tell(*server);
        });
}
