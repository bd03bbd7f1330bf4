// Threads for one request each, which are used again.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "leftovers.hpp"
#include "milestone.hpp"
#include "serving_thread.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/server/tcp_server.hpp>

#include <unistd.h>

#include <future>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace tests::server_thread_per_request {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// Tells each client of its thread, and waits for the client's end.
ringlet::task<> tell_thread(ringlet::stream& client) {
    const std::string told = std::to_string(::gettid());
    co_await client.send_all(told);
    std::array<char, 1> any;
    co_await client.recv(any);
}

ringlet::server_options with_idle_threads(std::size_t idle_max,
                                          std::chrono::milliseconds lifetime = 1h) {
    ringlet::server_options options = kinds::thread_per_request.options;
    options.idle_threads_max = idle_max;
    options.idle_thread_lifetime = lifetime;
    return options;
}

/// The threads of so many clients, which are there at the same time and then leave.
std::set<std::string> visit(const ringlet::server& server, std::size_t clients) {
    std::set<std::string> threads;
    std::vector<blocking_client> visitors;
    for (std::size_t i = 0; i < clients; ++i)
        threads.insert(visitors.emplace_back(server.server_address()).receive_some());
    for (blocking_client& each : visitors) {
        each.shutdown_sending();
        CHECK(each.receive_all().empty());
    }
    return threads;
}

}  // namespace

TEST_CASE("a thread whose request has ended handles a later one", "[server]") {
    const leftovers nothing;
    {
        ringlet::tcp_server server(loopback, tell_thread, with_idle_threads(4));
        const serving_thread serving(server);
        std::set<std::string> threads = visit(server, 4);
        CHECK(threads.size() == 4);
        for (int i = 0; i < 50; ++i)  // a client may come before the last one's thread is idle
            threads.merge(visit(server, 1));
        CHECK(threads.size() < 10);
    }
    nothing.check();
}

TEST_CASE("of the threads whose requests have ended, the limit's number waits", "[server]") {
    const std::size_t idle_max = GENERATE(0U, 2U);
    CAPTURE(idle_max);
    const leftovers nothing;
    {
        ringlet::tcp_server server(loopback, tell_thread, with_idle_threads(idle_max));
        const auto before = running_threads();
        const serving_thread serving(server);
        CHECK(visit(server, 6).size() == 6);
        CHECK(eventually([&] { return running_threads() <= before + 1 + idle_max; }));
    }
    nothing.check();
}

TEST_CASE("a thread that has been idle for its time ends", "[server]") {
    const std::chrono::milliseconds lifetime = GENERATE(0ms, 20ms);
    CAPTURE(lifetime.count());
    ringlet::tcp_server server(loopback, tell_thread, with_idle_threads(64, lifetime));
    const auto before = running_threads();
    const serving_thread serving(server);
    for (int i = 0; i < 3; ++i) {
        CHECK(visit(server, 5).size() == 5);
        CHECK(eventually([&] { return running_threads() <= before + 1; }));
    }
}

TEST_CASE("a request that is given to an idle thread can be cancelled", "[server]") {
    ringlet::tcp_server server(loopback, echo, with_idle_threads(4));
    serving_thread serving(server);
    for (int i = 0; i < 3; ++i) {
        blocking_client client(server.server_address());
        CHECK(client.exchange("x") == "x");
        client.shutdown_sending();
        CHECK(client.receive_all().empty());
    }
    blocking_client client(server.server_address());
    CHECK(client.exchange("y") == "y");
    server.shutdown(0s);
    serving.join();
    CHECK(client.receive_all().empty());
    CHECK(server.counters().failed.cancelled == 1);
    CHECK(server.counters().finished == 3);
}

TEST_CASE(
    "a thread whose handler has failed, or was cancelled, handles later requests as any other",
    "[server]") {
    static constexpr auto fail_or_tell = [](ringlet::stream& client) -> ringlet::task<> {
        std::array<char, 1> asked;
        const std::size_t count = co_await client.recv(asked);  // cancelled where nothing comes
        if (count > 0 && asked[0] == 'x')
            throw std::runtime_error("asked for");
        co_await client.send_all(std::to_string(::gettid()));
    };
    ringlet::server_options options = with_idle_threads(1);
    options.request_timeout = 100ms;
    constexpr std::uint64_t rounds = 5;
    std::set<std::string> threads;
    {
        ringlet::tcp_server server(loopback, fail_or_tell, options);
        const auto before = running_threads();
        const serving_thread serving(server);
        const auto ended = [&](std::uint64_t requests) {
            return eventually([&] {
                const auto counts = server.counters();
                return counts.finished + counts.failed.total() == requests &&
                       running_threads() <= before + 2;
            });
        };
        for (std::uint64_t round = 0; round < rounds; ++round) {
            blocking_client failing(server.server_address());
            failing.send("x");
            CHECK(failing.receive_all().empty());
            CHECK(ended(3 * round + 1));
            CHECK(blocking_client(server.server_address()).receive_all().empty());
            CHECK(ended(3 * round + 2));
            blocking_client asking(server.server_address());
            threads.insert(asking.exchange("?"));
            CHECK(ended(3 * round + 3));
        }
        CHECK(server.counters().failed.timed_out == rounds);
    }
    CHECK(threads.size() < rounds);
}

TEST_CASE("a request whose thread can make no loop is refused and reported, and others are served",
          "[server]") {
    struct reporting : ringlet::tcp_server {
        using tcp_server::tcp_server;
        milestone reported{"a request is reported"};
        std::vector<ringlet::address> clients;  // to be read when nothing is served

    protected:
        void handle_error(std::exception_ptr /*exception*/,
                          const ringlet::address& failed) override {
            clients.push_back(failed);
            reported.reach();
        }
    };
    ringlet::server_options options = with_idle_threads(0);
    options.loop.receive_buffer_size = 0;  // which no loop can have
    reporting server(loopback, echo, options);
    const auto before = running_threads();
    auto served = std::async(std::launch::async, [&] {
        ringlet::loop serving_loop;
        ringlet::block_on(serving_loop, server.serve());
    });
    std::vector<ringlet::address> clients;
    for (int i = 0; i < 3; ++i) {
        blocking_client refused(server.server_address());
        clients.push_back(refused.local_address());
        CHECK(refused.receive_all().empty());
        server.reported.await();
        CHECK(eventually([&] { return running_threads() <= before + 1; }));
    }
    CHECK(server.counters().refused == 3);
    CHECK(server.counters().active == 0);
    server.shutdown();
    get_in_time(served);
    CHECK(server.clients == clients);
}

}  // namespace tests::server_thread_per_request
