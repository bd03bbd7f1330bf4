#include "catch.hpp"
#include "descriptors.hpp"
#include "echo.hpp"
#include "forwarding_network.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/server/server_options.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace tests::server_server_options {

using namespace std::chrono_literals;
using ringlet::server_options;

namespace {

/// What is wrong with these options, or nothing. Found out by the constructor, whether or not that
/// binds.
std::string refusal_of(server_options options) {
    const auto descriptors = open_descriptors();
    std::string said;
    for (const bool bind : {true, false}) {
        options.bind_and_activate = bind;
        try {
            const ringlet::tcp_server server({"127.0.0.1", 0}, echo, options);
            CHECK(said.empty());
        } catch (const std::invalid_argument& error) {
            said = error.what();
        }
    }
    CHECK(open_descriptors() == descriptors);
    return said;
}

using milliseconds = std::chrono::milliseconds;

struct time_option {
    std::string name;
    std::function<milliseconds&(server_options&)> in;
};

/// Those that may be anything from 0 to a year.
std::vector<time_option> times() {
    const auto member = [](const char* name, milliseconds server_options::*which) {
        return time_option{
            name, [which](server_options& options) -> milliseconds& { return options.*which; }};
    };
    const auto timeout = [](const char* name, milliseconds ringlet::stream_timeouts::*which) {
        return time_option{name, [which](server_options& options) -> milliseconds& {
                               return options.stream_timeouts.*which;
                           }};
    };
    return {
        member("drain_timeout", &server_options::drain_timeout),
        member("kill_timeout", &server_options::kill_timeout),
        member("handle_request_timeout", &server_options::handle_request_timeout),
        member("request_timeout", &server_options::request_timeout),
        member("idle_thread_lifetime", &server_options::idle_thread_lifetime),
        member("linger_timeout", &server_options::linger_timeout),
        member("reply_timeout", &server_options::reply_timeout),
        member("service_interval", &server_options::service_interval),
        member("restart_pause_max", &server_options::restart_pause_max),
        timeout("idle", &ringlet::stream_timeouts::idle),
        timeout("read", &ringlet::stream_timeouts::read),
        timeout("write", &ringlet::stream_timeouts::write),
    };
}

}  // namespace

TEST_CASE("a time that no server can keep is refused by its name", "[server]") {
    for (const time_option& each : times()) {
        INFO(each.name);
        server_options options;
        options.restart_pause_first = 0ms;
        for (const auto impossible : {-1ms, milliseconds::min(), milliseconds::max()}) {
            each.in(options) = impossible;
            CAPTURE(impossible.count());
            CHECK(refusal_of(options).find(each.name) != std::string::npos);
        }
        for (const milliseconds possible : {0ms, milliseconds(24h * 365)}) {
            each.in(options) = possible;
            CAPTURE(possible.count());
            CHECK(refusal_of(options).empty());
        }
    }
}

TEST_CASE("a limit that makes no sense is refused by its name", "[server]") {
    using change = std::function<void(server_options&)>;
    const std::vector<std::pair<std::string, change>> refused{
        {"max_connections", [](auto& options) { options.max_connections = 0; }},
        {"max_threads", [](auto& options) { options.max_threads = 0; }},
        {"max_children", [](auto& options) { options.max_children = 0; }},
        {"waiting_replies_max", [](auto& options) { options.waiting_replies_max = 0; }},
        {"waiting_replies_per_client_max",
         [](auto& options) { options.waiting_replies_per_client_max = 0; }},
        {"restart_pause_first", [](auto& options) { options.restart_pause_first = -1ms; }},
        {"restart_pause_first", [](auto& options) { options.restart_pause_max = 1ms; }},
        {"backlog", [](auto& options) { options.listening.backlog = 0; }},
        {"overload_pause_first", [](auto& options) { options.listening.overload_pause_max = 1ms; }},
        {"mode", [](auto& options) { options.listening.binding.mode = 010000; }},
        {"mode", [](auto& options) { options.datagrams.binding.mode = 010000; }},
        {"size of a buffer", [](auto& options) { options.datagrams.receive_buffer_size = -1; }},
        {"size of a buffer", [](auto& options) { options.datagrams.send_buffer_size = -1; }},
        {"receive_bursts", [](auto& options) { options.datagrams.receive_bursts = true; }},
        {"packet_size_max", [](auto& options) { options.receiving.packet_size_max = 0; }},
        {"packets_max", [](auto& options) { options.receiving.packets_max = 0; }},
        {"batch_max", [](auto& options) { options.receiving.batch_max = 0; }},
        {"per_second", [](auto& options) { options.accept_rate.per_second = -1; }},
        {"a burst must not take", [](auto& options) { options.accept_rate.per_second = 1e-9; }},
        {"submission_entries", [](auto& options) { options.loop.ring.submission_entries = 0; }},
        {"burst", [](auto& options) { options.log.burst = 0; }},
        {"interval", [](auto& options) { options.log.interval = 0ms; }},
    };
    for (const auto& [name, make_senseless] : refused) {
        INFO(name);
        server_options options;
        make_senseless(options);
        CHECK(refusal_of(options).find(name) != std::string::npos);
    }
}

TEST_CASE("limits may be as low as they can be kept, or none", "[server]") {
    server_options options;
    options.max_connections = 1;
    options.max_threads = 1;
    options.max_children = 1;
    options.idle_threads_max = 0;
    options.receiving = {.packet_size_max = 1, .packets_max = 1, .batch_max = 1};
    CHECK(refusal_of(options).empty());
    options.max_connections = std::numeric_limits<std::size_t>::max();
    options.max_threads = options.max_connections;
    options.max_children = options.max_connections;
    options.idle_threads_max = options.max_connections;
    options.max_connections_per_peer = options.max_connections;
    options.linger_bytes_max = options.max_connections;
    CHECK(refusal_of(options).empty());
}

TEST_CASE("left alone, a server drains five seconds and lingers one", "[server]") {
    const server_options options;
    CHECK(options.drain_timeout == 5s);
    CHECK(options.linger_timeout == 1s);
    CHECK(options.reply_timeout == 1s);
    CHECK(options.waiting_replies_max == 32);
    CHECK(options.waiting_replies_per_client_max == 16);
    CHECK(options.linger_bytes_max == 64U << 20U);
    CHECK(options.handle_request_timeout == 0s);
    CHECK(options.request_timeout == 0s);
    CHECK(options.max_connections == 65'536);
    CHECK(options.max_threads == 1000);
    CHECK(options.max_children == 40);
    CHECK(options.idle_threads_max == 64);
    CHECK(options.idle_thread_lifetime == 10s);
    CHECK(options.max_connections_per_peer == 0);
    CHECK(options.accept_rate.per_second == 0);
    CHECK(options.listening.backlog == 4096);
    CHECK(options.listening.binding.reuse_address);
    CHECK(options.receiving.packet_size_max == 65'535);
}

TEST_CASE("a simulation refuses the kinds of concurrency that it cannot control", "[server]") {
    using ringlet::concurrency;
    scripted_stand_in simulation;
    const auto refused = [](concurrency wanted) -> std::string {
        server_options options;
        options.bind_and_activate = false;
        options.concurrency = wanted;
        try {
            const ringlet::tcp_server server({"127.0.0.1", 0}, echo, options);
        } catch (const std::domain_error& error) {
            return error.what();
        }
        return "";
    };
    CHECK(refused(concurrency::loop).empty());
    CHECK(refused(concurrency::threads).empty());
    CHECK(refused(concurrency::forks).starts_with("concurrency::forks: use "));
    CHECK(refused(concurrency::fork_per_request).starts_with("concurrency::fork_per_request: "));
    CHECK(
        refused(concurrency::thread_per_request).starts_with("concurrency::thread_per_request: "));
}

TEST_CASE("a server opens its socket in the network of the thread, or in that of its options",
          "[server]") {
    class counting_network final : public forwarding_network {
    public:
        int open(int domain, int type, int protocol) noexcept override {
            ++opened;
            return forwarding_network::open(domain, type, protocol);
        }
        int opened = 0;
    };
    counting_network of_thread;
    counting_network of_options;
    server_options options;
    scripted_stand_in simulation;
    simulation.network = &of_thread;
    const ringlet::tcp_server one({"127.0.0.1", 0}, echo, options);
    CHECK(of_thread.opened == 1);
    options.net = &of_options;
    const ringlet::tcp_server other({"127.0.0.1", 0}, echo, options);
    CHECK(of_options.opened == 1);
    CHECK(of_thread.opened == 1);
}

}  // namespace tests::server_server_options
