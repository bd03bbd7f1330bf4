#include "workloads.hpp"

#include "tls.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <sstream>

namespace {

using namespace std::chrono_literals;
using sizes = std::initializer_list<std::size_t>;

constexpr bool quick = true;

const std::vector<std::string> one_loop{"epoll", "liburing", "ringlet", "ringlet on epoll"};
const std::vector<std::string> datagrams{"epoll", "epoll one by one", "liburing", "ringlet",
                                         "ringlet on epoll"};
const std::vector<std::string> bulk{"epoll one by one", "epoll", "ringlet", "ringlet on epoll"};
const std::vector<std::string> per_connection{"blocking", "ringlet", "ringlet on epoll"};
const std::vector<std::string> secured{"epoll", "ringlet", "ringlet on epoll"};

std::vector<workload_row> with_connections(load_settings base, sizes counts, sizes quick_counts) {
    std::vector<workload_row> rows;
    for (const auto count : counts) {
        base.connections = count;
        const bool is_quick =
            std::find(quick_counts.begin(), quick_counts.end(), count) != quick_counts.end();
        rows.push_back({base, is_quick});
    }
    return rows;
}

std::vector<workload_row> with_sizes(load_settings base, sizes bytes, std::size_t quick_one) {
    std::vector<workload_row> rows;
    for (const auto size : bytes) {
        base.message_bytes = size;
        rows.push_back({base, size == quick_one});
    }
    return rows;
}

std::vector<workload_row> with_workers(load_settings base, std::size_t cpus) {
    std::vector<workload_row> rows;
    for (base.workers = 1; base.workers <= cpus; base.workers *= 2)
        rows.push_back({base});
    return rows;
}

load_settings streaming(service asked) {
    return {.asked = asked, .connections = 8, .message_bytes = 65'536, .pipeline = 4};
}

std::vector<workload> streams() {
    const load_settings pipelined{.pipeline = 16};
    const load_settings deep{.pipeline = 64};
    const load_settings deep_1k{.message_bytes = 1024, .pipeline = 64};
    const load_settings at_half{.rate_share = 0.5};
    const load_settings upload = streaming(service::sink);
    const load_settings download = streaming(service::source);
    const load_settings reconnect{.reconnect = true};
    const load_settings closing{.asked = service::once, .reconnect = true};
    const load_settings broadcast{.asked = service::broadcast, .connections = 1000};
    const load_settings timers{.timers = 100'000};
    const load_settings idle{.idle_connections = 10'000};
    return {
        {"echo",
         "messages there and back, by the number of connections",
         {},
         with_connections({}, {1, 8, 64, 512, 4096}, {1, 64, 512}),
         one_loop},
        {"size",
         "echo, by the size of a message",
         {},
         with_sizes({}, {64, 256, 1024, 4096, 16'384, 65'536, 262'144}, 16'384),
         one_loop},
        {"pipeline",
         "echo, with many messages in flight per connection",
         pipelined,
         {{pipelined, quick}, {deep}, {deep_1k}},
         one_loop},
        {"latency",
         "echo in an open loop, by the share of the baseline's highest rate",
         at_half,
         {{{.rate_share = 0.1}}, {at_half}, {{.rate_share = 0.9}}},
         {"epoll", "liburing", "ringlet", "ringlet on epoll", "asio"}},
        {"upload",
         "streams to the server, which answers a byte for each message",
         upload,
         {{upload, quick}},
         one_loop},
        {"download",
         "streams from the server, which is asked with a byte for each message",
         download,
         {{download, quick}},
         one_loop},
        {"reconnect", "connect, echo one message, close", reconnect,
         with_connections(reconnect, {1, 64}, {64}), one_loop},
        {"closing", "connect, echo one message, and the server closes first", closing,
         with_connections(closing, {1, 64}, {64}), one_loop},
        {"broadcast",
         "a message of one client to each of them",
         broadcast,
         {{broadcast, quick}},
         one_loop},
        {"timers",
         "echo beside armed timers, another of which each message moves",
         timers,
         {{timers, quick}},
         one_loop},
        {"idle",
         "echo beside idle connections, and the memory that these take",
         idle,
         {{idle}},
         {"epoll", "liburing", "ringlet", "ringlet lending", "ringlet on epoll"}},
    };
}

std::vector<workload> over_tls() {
    const load_settings echo{.tls = handshakes::full};
    const load_settings full{.reconnect = true, .tls = handshakes::full};
    const load_settings resumed{.reconnect = true, .tls = handshakes::resumed};
    const load_settings idle{.tls = handshakes::full, .idle_connections = 2'000};
    return {
        {"tls", "echo over TLS, by the size of a message", echo,
         with_sizes(echo, {64, 16'384, 262'144}, 64), secured},
        {"tls-full", "connect, handshake, echo one message, close", full, {{full, quick}}, secured},
        {"tls-resumed",
         "likewise, each connection the next one of a session",
         resumed,
         {{resumed, quick}},
         secured},
        {"tls-idle",
         "echo beside idle connections over TLS, and the memory that these take",
         idle,
         {{idle}},
         secured},
    };
}

std::vector<workload> datagrams_and_unix() {
    const load_settings udp{.over = transport::udp};
    const load_settings udp_bulk{.over = transport::udp,
                                 .asked = service::source,
                                 .connections = 8,
                                 .message_bytes = 1'200,
                                 .pipeline = 64};
    const load_settings unix_streams{.over = transport::unix_stream};
    const load_settings unix_datagrams{.over = transport::unix_datagram};
    return {
        {"udp", "datagrams there and back, by the number of clients", udp,
         with_connections(udp, {1, 16, 64, 256}, {1, 64}), datagrams},
        {"udp-bulk",
         "datagrams to a client that asks with one for many",
         udp_bulk,
         {{udp_bulk, quick}},
         bulk},
        {"unix", "echo over Unix sockets", unix_streams,
         with_connections(unix_streams, {1, 64}, {64}), one_loop},
        {"unix-datagram", "datagrams over Unix sockets, there and back", unix_datagrams,
         with_connections(unix_datagrams, {1, 64}, {}), one_loop},
    };
}

std::vector<workload> many_workers(std::size_t cpus) {
    const load_settings threads{.concurrency = "threads"};
    const load_settings forks{.concurrency = "forks"};
    const load_settings threading{
        .connections = 16, .reconnect = true, .concurrency = "thread_per_request"};
    const load_settings forking{
        .connections = 16, .reconnect = true, .concurrency = "fork_per_request"};
    return {
        {"workers", "echo, by the number of worker threads", threads, with_workers(threads, cpus),
         one_loop},
        {"pre-fork", "echo, by the number of worker processes", forks, with_workers(forks, cpus),
         one_loop},
        {"threading",
         "connect, echo, close: a thread for each connection",
         threading,
         {{threading}},
         per_connection,
         500ms},
        {"forking",
         "connect, echo, close: a process for each connection",
         forking,
         {{forking}},
         per_connection,
         500ms},
    };
}

// Whether there is such a program, perhaps where only root's PATH has it.
bool is_installed(const std::string& program) {
    const char* const path = std::getenv("PATH");
    std::istringstream folders((path == nullptr ? "" : path) + std::string(":/usr/sbin"));
    for (std::string folder; std::getline(folders, folder, ':');)
        if (std::filesystem::exists(std::filesystem::path(folder) / program))
            return true;
    return false;
}

}  // namespace

std::vector<workload> all_workloads(std::size_t cpus) {
    std::vector<workload> all = streams();
    for (auto& more : {has_tls() ? over_tls() : std::vector<workload>(), datagrams_and_unix(),
                       many_workers(cpus)})
        all.insert(all.end(), more.begin(), more.end());
    return all;
}

const std::string& command_for(const known_server& server, const load_settings& load) {
    return load.tls == handshakes::none ? server.how.command : server.over_tls;
}

bool can_take(const known_server& server, const load_settings& load) {
    const bool only_tls = load.tls != handshakes::none;
    return !command_for(server, load).empty() &&
           (only_tls || !server.is_peer || server_arguments(load).empty());
}

std::vector<known_server> known_servers(const std::string& folder) {
    const auto in_folder = [&](const char* command) { return folder + '/' + command + " {}"; };
    const auto over_tls = [&](const char* setting, const char* command) {
        const std::string program = std::string(command).substr(0, std::string(command).find(' '));
        const bool exists = std::filesystem::exists(folder + '/' + program);
        return exists ? setting + in_folder(command) : "";
    };
    const char* const kernel = "env RINGLET_RING=kernel ";
    const char* const epoll = "env RINGLET_RING=epoll ";
    std::vector<known_server> known{
        {{"epoll", in_folder("epoll_echo")}, over_tls("", "epoll_tls_echo")},
        {{"epoll one by one", in_folder("recvfrom_echo")}},
        {{"liburing", in_folder("liburing_echo")}, "", true},
        {{"blocking", in_folder("blocking_echo")}},
        {{"ringlet", kernel + in_folder("ringlet_echo")},
         over_tls(kernel, "ringlet_tls_echo"),
         true},
        {{"ringlet lending", kernel + in_folder("ringlet_echo --lend")},
         over_tls(kernel, "ringlet_tls_echo --lend"),
         true},
        {{"ringlet on epoll", epoll + in_folder("ringlet_echo")},
         over_tls(epoll, "ringlet_tls_echo")},
    };
    const std::string ring_peer = "asio-io_uring";
    for (const std::string peer :
         {"asio", "asio-io_uring", "libevent", "libuv", "asyncio", "socketserver"})
        if (const auto program = std::filesystem::path(folder) / (peer + "_echo"); exists(program))
            known.push_back({{peer, program.string()},
                             over_tls("", (peer + "_tls_echo").c_str()),
                             peer == ring_peer,
                             true});
    if (has_tls())
        for (const std::string proxy : {"haproxy", "nginx"})
            if (is_installed(proxy))
                known.push_back(
                    {{proxy, ""}, in_folder(("terminator " + proxy).c_str()), false, true});
    return known;
}
