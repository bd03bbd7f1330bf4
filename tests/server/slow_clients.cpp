// Clients that keep a server waiting: they cost little, and not for long.

#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "serving_thread.hpp"
#include "temporary_directory.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/server/tcp_server.hpp>
#include <ringlet/server/unix_stream_server.hpp>

#include <atomic>
#include <fstream>
#include <memory>
#include <vector>

namespace tests::server_slow_clients {

using namespace std::chrono_literals;

namespace {

/// A server of streams on TCP, or on a Unix socket in a directory of its own.
class either_server {
public:
    either_server(bool tcp, ringlet::any_handler<ringlet::stream> handler,
                  const ringlet::server_options& options) {
        if (tcp)
            server_ = std::make_unique<ringlet::tcp_server>(ringlet::address("127.0.0.1", 0),
                                                            std::move(handler), options);
        else
            server_ = std::make_unique<ringlet::unix_stream_server>(
                ringlet::address::unix_path((directory_.path() / "server").string()),
                std::move(handler), options);
    }

    ringlet::server& operator*() const { return *server_; }
    ringlet::server* operator->() const { return server_.get(); }

private:
    temporary_directory directory_;
    std::unique_ptr<ringlet::server> server_;
};

std::size_t resident_bytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (std::size_t kibibytes = 0; word == "VmRSS:" && status >> kibibytes)
            return kibibytes << 10U;
    throw std::runtime_error("no VmRSS in /proc/self/status");
}

}  // namespace

TEST_CASE("clients that send a byte and stop are ended, and count as timed_out", "[server]") {
    const concurrency_kind tested = GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads);
    const bool tcp = GENERATE(true, false);
    if (!tcp && tested.options.to_workers == ringlet::server_options::hand_over::reuse_port)
        return;  // Unix sockets do not share an address
    CAPTURE(tested.name, tcp);
    constexpr std::size_t count = 200;
    ringlet::server_options options = tested.options;
    SECTION("by stream_timeouts.read") {
        options.stream_timeouts.read = 30ms;
    }
    SECTION("by stream_timeouts.idle") {
        options.stream_timeouts.idle = 30ms;
    }
    SECTION("by request_timeout, whatever the handler awaits") {
        options.request_timeout = 30ms;
    }
    const auto read_line = [](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 80> line{};
        for (std::size_t size = 0; line.at(size) != '\n';)
            size += co_await client.recv(std::span(line).subspan(size));
    };
    const captured_log quiet;
    const either_server server(tcp, read_line, options);
    serving_thread serving(*server);
    std::vector<blocking_client> clients;
    for (std::size_t i = 0; i < count; ++i)
        clients.emplace_back(server->server_address()).send("x");
    for (blocking_client& each : clients)
        CHECK(each.receive_all().empty());
    clients.clear();
    serving.stop(1h);
    const ringlet::server_counters counted = server->counters();
    CHECK(counted.failed.timed_out == count);
    CHECK(counted.failed.total() == count);
    CHECK(counted.bytes_received == count);
}

TEST_CASE("request_timeout ends a handler that waits for no client", "[server]") {
    const concurrency_kind tested =
        GENERATE(kinds::loop, kinds::threads, kinds::sharing_threads, kinds::thread_per_request,
                 kinds::forks, kinds::fork_per_request);
    CAPTURE(tested.name);
    ringlet::server_options options = tested.options;
    options.request_timeout = 30ms;
    const captured_log quiet;
    ringlet::tcp_server server(
        {"127.0.0.1", 0},
        [](ringlet::stream& client) -> ringlet::task<> {
            co_await client.send_all("working");
            co_await ringlet::sleep_for(1h);
        },
        options);
    serving_thread serving(server);
    blocking_client client(server.server_address());
    client.shutdown_sending();  // a forked child has inherited it, so closing it would not do
    CHECK(client.receive_all() == "working");
    serving.stop(1h);
    CHECK(server.counters().failed.timed_out == 1);
}

TEST_CASE("clients that read nothing cost no memory, and are ended by stream_timeouts.write",
          "[server]") {
    const concurrency_kind tested =
        GENERATE(kinds::loop, kinds::threads, kinds::thread_per_request);
    const bool tcp = GENERATE(true, false);
    CAPTURE(tested.name, tcp);
    constexpr std::size_t count = 8;
    constexpr std::size_t wanted = std::size_t{64} << 20U;  // for each
    constexpr std::size_t growth_max = wanted / 2;          // for all
    ringlet::server_options options = tested.options;
    options.stream_timeouts.write = 50ms;
    std::atomic<std::size_t> resident_max{0};
    const std::string piece(std::size_t{1} << 20U, 'p');
    const auto flood = [&](ringlet::stream& client) -> ringlet::task<> {
        std::error_code error;
        for (std::size_t sent = 0; sent < wanted && !error;)
            sent += co_await client.send_all(piece, error);
        const std::size_t resident = resident_bytes();
        for (std::size_t known = resident_max; known < resident;)
            if (resident_max.compare_exchange_weak(known, resident))
                break;
        if (error)
            throw std::system_error(error, "flood");
    };
    const captured_log quiet;
    const either_server server(tcp, flood, options);
    const std::size_t before = resident_bytes();
    serving_thread serving(*server);
    std::vector<blocking_client> clients;
    for (std::size_t i = 0; i < count; ++i)
        clients.emplace_back(server->server_address());
    CHECK(eventually([&] { return server->counters().failed.timed_out == count; }));
    CHECK(resident_max < before + growth_max);
    CHECK(server->counters().bytes_sent < count * wanted);
    clients.clear();
    serving.stop(1h);
}

}  // namespace tests::server_slow_clients
