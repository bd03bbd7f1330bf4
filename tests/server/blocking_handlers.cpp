// Handlers that block, and how requests are shared out among the workers of a pool.

#include "blocking_client.hpp"
#include "catch.hpp"
#include "concurrency_kinds.hpp"
#include "descriptor_limit.hpp"
#include "echo.hpp"
#include "eventually.hpp"
#include "milestone.hpp"
#include "serving_thread.hpp"

#include <ringlet/server/tcp_server.hpp>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace tests::server_blocking_handlers {

using namespace std::chrono_literals;

namespace {

const ringlet::address loopback("127.0.0.1", 0);

/// An echo handler that blocks its thread for each client that says 'b', until it is let go; its
/// end lets everyone go.
class blocking_echo {
public:
    blocking_echo() = default;
    blocking_echo(const blocking_echo&) = delete;
    blocking_echo& operator=(const blocking_echo&) = delete;
    ~blocking_echo() { let_go(); }

    ringlet::task<> operator()(ringlet::stream& client) {
        std::array<char, 1> said{};
        while (co_await client.recv(said) > 0) {
            if (said[0] == 'b')
                block();
            co_await client.send_all(said);
        }
    }

    void let_go() {
        free_ = true;
        free_.notify_all();
    }

    milestone blocked{"a handler blocks"};

private:
    void block() {
        blocked.reach();
        free_.wait(false);
    }

    std::atomic<bool> free_{false};
};

/// Counts the requests of each thread, and holds them.
class counts_by_thread {
public:
    ringlet::task<> operator()(ringlet::stream& client) {
        {
            const std::scoped_lock lock(mutex_);
            ++counts_[std::this_thread::get_id()];
        }
        co_await echo(client);
    }

    std::map<std::thread::id, std::size_t> counts() {
        const std::scoped_lock lock(mutex_);
        return counts_;
    }

private:
    std::mutex mutex_;
    std::map<std::thread::id, std::size_t> counts_;
};

/// How so many connections, all of which are held, are shared out among so many workers.
std::map<std::thread::id, std::size_t> shares(const concurrency_kind& tested, std::size_t workers,
                                              std::size_t connections) {
    ringlet::server_options options = tested.options;
    options.workers = workers;
    counts_by_thread counting;
    ringlet::tcp_server server(
        loopback, [&](ringlet::stream& client) { return counting(client); }, options);
    const serving_thread serving(server);
    std::vector<blocking_client> held;
    // Once one is served, all workers listen: those who came before would all be the first one's.
    REQUIRE(held.emplace_back(server.server_address()).exchange("x") == "x");
    for (std::size_t i = 1; i < connections; ++i)
        held.emplace_back(server.server_address()).send("x");
    for (std::size_t i = 1; i < connections; ++i)
        REQUIRE(held[i].receive(1) == "x");
    return counting.counts();
}

}  // namespace

TEST_CASE("handlers that block in threads of their own hold up nobody", "[server]") {
    blocking_echo handler;
    ringlet::tcp_server server(
        loopback, [&](ringlet::stream& client) { return handler(client); },
        kinds::thread_per_request.options);
    serving_thread serving(server);
    std::vector<blocking_client> stuck;
    for (int i = 0; i < 20; ++i) {
        stuck.emplace_back(server.server_address()).send("b");
        handler.blocked.await();
        CHECK(blocking_client(server.server_address()).exchange("x") == "x");
    }
    server.shutdown(1h);
    handler.let_go();
    for (blocking_client& each : stuck) {
        each.shutdown_sending();
        CHECK(each.receive_all() == "b");
    }
    serving.join();
}

TEST_CASE("a handler that blocks in a pool of threads holds up its own worker only", "[server]") {
    blocking_echo handler;
    ringlet::tcp_server server(
        loopback, [&](ringlet::stream& client) { return handler(client); }, kinds::threads.options);
    const serving_thread serving(server);
    blocking_client stuck(server.server_address());
    stuck.send("b");
    handler.blocked.await();
    // With the stuck one, they are shared out evenly: half of them to the other worker.
    constexpr int count = 9;
    std::vector<blocking_client> others;
    for (int i = 0; i < count; ++i)
        others.emplace_back(server.server_address()).send("x");
    CHECK(eventually([&] { return server.counters().bytes_sent == (count + 1) / 2; }));
    CHECK(std::ranges::count_if(others, [](const blocking_client& each) {
              return each.nothing_to_receive();
          }) == count / 2);
    handler.let_go();
    for (blocking_client& each : others)
        CHECK(each.receive(1) == "x");
    CHECK(stuck.receive(1) == "b");
}

TEST_CASE("a shutdown waits for a handler that blocks beyond the deadline", "[server]") {
    const concurrency_kind tested = GENERATE(kinds::threads, kinds::thread_per_request);
    CAPTURE(tested.name);
    blocking_echo handler;
    ringlet::tcp_server server(
        loopback, [&](ringlet::stream& client) { return handler(client); }, tested.options);
    serving_thread serving(server);
    blocking_client stuck(server.server_address());
    stuck.send("b");
    handler.blocked.await();
    blocking_client idle(server.server_address());
    CHECK(idle.exchange("x") == "x");
    server.shutdown(0s);
    CHECK(idle.receive_all().empty());  // so the deadline is over
    CHECK(stuck.nothing_to_receive());
    CHECK(server.counters().active == 1);
    handler.let_go();
    serving.join();
    CHECK(server.counters().active == 0);
}

TEST_CASE("connections that are held are shared out evenly among threads", "[server]") {
    constexpr std::size_t connections = 1000;
    const std::size_t workers = GENERATE(as<std::size_t>(), 1, 2, 4, 8);
    CAPTURE(workers);
    const auto ceiling = descriptor_limit::ceiling();
    if (ceiling < 2 * connections + 200)
        SKIP("only " << ceiling << " descriptors are allowed");
    const descriptor_limit raised(ceiling);
    const auto counts = shares(kinds::threads, workers, connections);
    CHECK(counts.size() == workers);
    for (const auto& [thread, count] : counts)
        CHECK(std::abs(static_cast<double>(count * workers) / connections - 1) <= 0.1);
}

TEST_CASE("new connections go to the thread that has fewer", "[server]") {
    constexpr int each = 20;
    std::atomic<std::thread::id> first;
    const auto tell_worker = [&](ringlet::stream& client) -> ringlet::task<> {
        const std::thread::id here = std::this_thread::get_id();
        std::thread::id nobody;
        first.compare_exchange_strong(nobody, here);
        co_await client.send_all(first.load() == here ? "0" : "1");
        co_await echo(client);
    };
    ringlet::tcp_server server(loopback, tell_worker, kinds::threads.options);
    const serving_thread serving(server);
    std::array<std::vector<blocking_client>, 2> held;
    for (int i = 0; i < 2 * each; ++i) {
        blocking_client client(server.server_address());
        held.at(client.receive(1) == "0" ? 0 : 1).push_back(std::move(client));
    }
    CHECK(held[0].size() == each);
    held[0].clear();
    CHECK(eventually([&] { return server.counters().active == each; }));
    std::vector<blocking_client> replacing;
    int to_first = 0;
    for (int i = 0; i < each; ++i)
        to_first += replacing.emplace_back(server.server_address()).receive(1) == "0" ? 1 : 0;
    CHECK(to_first > each * 3 / 4);  // the worker counts the end of one a moment after the counters
}

TEST_CASE("each of the threads that share an address gets its connections", "[server]") {
    const std::size_t workers = GENERATE(as<std::size_t>(), 2, 4);
    CAPTURE(workers);
    CHECK(shares(kinds::sharing_threads, workers, 300).size() == workers);
}

}  // namespace tests::server_blocking_handlers
