// What a shutdown does to the clients that are about to come: those in the backlog are served,
// later ones are refused at once, and a successor can bind the address while handlers still go on.

#include "catch.hpp"
#include "descriptors.hpp"
#include "eventually.hpp"
#include "every_server.hpp"
#include "forked_child.hpp"
#include "run_coroutine.hpp"
#include "serving_thread.hpp"
#include "socket_filter.hpp"

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task_group.hpp>
#include <ringlet/net/connect.hpp>

#include <unistd.h>

#include <future>
#include <optional>
#include <vector>

namespace tests::server_closing_door {

using namespace std::chrono_literals;

namespace {

constexpr auto until_the_end = std::chrono::hours(1);  // a grace that no passing test waits out

/// A kind of server, and the way in which a pool of threads gets its requests.
struct tested_kind {
    server_kind kind;
    ringlet::server_options options;

    friend std::ostream& operator<<(std::ostream& out, const tested_kind& printed) {
        const bool shares = printed.options.to_workers == concurrency_kind::hand_over::reuse_port;
        return out << printed.kind << (shares ? " that share the address" : "");
    }
};

/// Each kind of stream server, with rings so small that many can be made.
std::vector<tested_kind> tested_kinds() {
    std::vector<tested_kind> all;
    for (const server_kind& kind : every_kind_of_stream())
        all.push_back({kind, kinds::loop.options});
    all.push_back(
        {{transport::tcp, ringlet::concurrency::threads}, kinds::sharing_threads.options});
    return all;
}

/// Whether a new client is refused.
bool refuses(const ringlet::address& local) {
    try {
        const blocking_client client(local);
    } catch (const std::system_error& error) {
        return error.code() == std::errc::connection_refused ||
               error.code() == std::errc::no_such_file_or_directory;
    }
    return false;
}

/// The server that takes an address over, as soon as it can be bound.
std::unique_ptr<ringlet::server> successor_of(const tested_kind& tested,
                                              const ringlet::address& local) {
    std::unique_ptr<ringlet::server> made;
    CHECK(eventually([&] {
        try {
            made = make_server(tested.kind, local, echo_at_once, tested.options);
        } catch (const std::system_error&) {
            return false;
        }
        return true;
    }));
    return made;
}

}  // namespace

TEST_CASE("a server that drains has closed its door, and a successor serves at its address",
          "[server]") {
    const tested_kind tested = GENERATE(from_range(tested_kinds()));
    CAPTURE(tested);
    const any_server<> server(tested.kind, echo_at_once, tested.options);
    serving_thread serving(*server);
    const ringlet::address local = server->server_address();
    blocking_client busy(local);
    CHECK(busy.exchange("x") == "x");
    server->shutdown(until_the_end);
    REQUIRE(eventually([&] { return server->fileno() == -1; }));
    CHECK(eventually([&] { return refuses(local); }));  // another worker may close its door later
    {
        const auto successor = successor_of(tested, local);
        REQUIRE(successor);
        const serving_thread serving_next(*successor);
        CHECK(asking_client(tested.kind.over, local).ask("who comes next") == "who comes next");
        CHECK(busy.exchange("y") == "y");
    }
    busy.shutdown_sending();
    CHECK(busy.receive_all().empty());
    serving.join();
    CHECK(server->counters().failed.total() == 0);
}

TEST_CASE("those that wait in the backlog when a shutdown comes are served, whatever the limit",
          "[server]") {
    const tested_kind tested = GENERATE(from_range(tested_kinds()));
    CAPTURE(tested);
    ringlet::server_options options = tested.options;
    options.max_connections = 2;  // one for each worker
    const any_server<> server(tested.kind, echo_at_once, options);
    serving_thread serving(*server);
    std::vector<blocking_client> first;
    for (int i = 0; i < 2; ++i)
        first.emplace_back(server->server_address()).send("x");
    REQUIRE(eventually([&] { return server->counters().active >= 1; }));
    std::vector<asking_client> waiting;
    for (int i = 0; i < 20; ++i)
        waiting.push_back(server.client()), waiting.back().say("asked");
    server->shutdown(until_the_end);
    for (blocking_client& each : first) {
        each.shutdown_sending();
        CHECK(each.receive(2) == "x");
    }
    for (asking_client& each : waiting)
        CHECK(each.hear() == "asked");
    serving.join();
    const ringlet::server_counters counts = server->counters();
    CHECK(counts.accepted == 22);
    CHECK(counts.finished == 22);
}

TEST_CASE("those that wait for room when the grace of a shutdown is over are refused", "[server]") {
    const tested_kind tested = GENERATE(from_range(tested_kinds()));
    CAPTURE(tested);
    ringlet::server_options options = tested.options;
    options.max_connections = 1;
    const any_server<> server(tested.kind, echo_at_once, options);
    serving_thread serving(*server);
    blocking_client first(server->server_address());
    CHECK(first.exchange("x") == "x");
    std::vector<blocking_client> waiting;
    for (int i = 0; i < 5; ++i)
        waiting.emplace_back(server->server_address());
    server->shutdown(20ms);
    for (blocking_client& each : waiting)
        CHECK(each.receive_all().empty());
    CHECK(first.receive_all().empty());
    serving.join();
    const ringlet::server_counters counts = server->counters();
    CHECK(counts.accepted == 6);
    CHECK(counts.active == 0);
    CHECK(counts.refused + counts.failed.cancelled == 6);
}

namespace {

/// Asks and leaves, again and again. Once a connection is there, it is served.
ringlet::task<> keep_asking(ringlet::address server, const bool& stopping, std::uint64_t& answers) {
    while (!stopping) {
        ringlet::stream connection(ringlet::loop::require_current("test"), ringlet::socket());
        try {
            connection = co_await ringlet::connect(server);
        } catch (const std::system_error& error) {
            CAPTURE(error.what());
            CHECK((error.code() == std::errc::connection_refused ||
                   error.code() == std::errc::no_such_file_or_directory));
        }
        if (!connection.is_open()) {
            co_await ringlet::sleep_for(1ms);
            continue;
        }
        std::array<char, 1> byte{'q'};
        co_await connection.send_all(byte);
        const std::size_t size = co_await connection.recv(byte);
        CHECK(size == 1);
        ++answers;
        co_await connection.end_sending();
        const std::size_t rest = co_await connection.recv(byte);
        CHECK(rest == 0);
    }
}

}  // namespace

TEST_CASE("no client is reset at a shutdown under load", "[server]") {
    const tested_kind tested = GENERATE(from_range(tested_kinds()));
    CAPTURE(tested);
    const any_server<> server(tested.kind, echo_at_once, tested.options);
    std::optional<serving_thread> serving(*server);
    run_coroutine([&]() -> ringlet::task<> {
        std::uint64_t answers = 0;
        bool stopping = false;
        ringlet::detail::joinable_task_group clients;
        for (int i = 0; i < 8; ++i)
            clients.spawn(keep_asking(server->server_address(), stopping, answers));
        for (int round = 0; round < 5; ++round) {
            const std::uint64_t enough = answers + 20;
            while (answers < enough)  // NOLINT(bugprone-infinite-loop)
                co_await ringlet::sleep_for(1ms);
            if (round % 2 == 1)  // then the door is closed in the other way
                forbid_filter(server->fileno());
            server->shutdown(until_the_end);
            auto drained = std::async(std::launch::async, [&] { serving->join(); });
            while (drained.wait_for(0s) != std::future_status::ready)
                co_await ringlet::sleep_for(1ms);
            drained.get();
            stopping = round == 4;
            serving.emplace(*server);
        }
        co_await clients.join();
    });
    serving->stop(until_the_end);
    const ringlet::server_counters counts = server->counters();
    CHECK(counts.accepted == counts.finished);
}

TEST_CASE("the datagrams that wait in the kernel when a shutdown comes are answered", "[server]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_datagram()));
    CAPTURE(kind);
    ringlet::server_options options = kinds::loop.options;
    options.max_connections = 1;
    options.workers = 1;
    const auto slow_echo = [](auto& client) -> ringlet::task<> {
        co_await ringlet::sleep_for(20ms);
        co_await echo_back(client);
    };
    const any_server<> server(kind, slow_echo, options);
    serving_thread serving(*server);
    std::vector<asking_client> waiting;
    for (int i = 0; i < 8; ++i)
        waiting.push_back(server.client()), waiting.back().say("asked");
    CHECK(waiting.front().hear() == "asked");
    server->shutdown(until_the_end);
    for (std::size_t i = 1; i < waiting.size(); ++i)
        CHECK(waiting[i].hear() == "asked");
    serving.join();
    CHECK(server->fileno() == -1);
    CHECK(server->counters().finished == 8);
}

namespace {

/// A pool in a process of its own, which is killed with the object, and its address.
class killable_pool {
public:
    killable_pool(transport over, const ringlet::address& local)
        : parent_([this, over, &local] {
              ringlet::server_options options = kinds::forks.options;
              options.drain_timeout = until_the_end;
              const auto server =
                  make_server({over, ringlet::concurrency::forks}, local, echo_at_once, options);
              const ringlet::address bound = server->server_address();
              if (::write(told_[1], &bound, sizeof(bound)) < 0)
                  return 1;
              server->serve_forever();
              return 0;
          }) {
        ::close(told_[1]);
        if (::read(told_[0], &address_, sizeof(address_)) != sizeof(address_))
            throw std::runtime_error("the pool has not begun to serve");
    }
    killable_pool(const killable_pool&) = delete;
    killable_pool& operator=(const killable_pool&) = delete;
    ~killable_pool() { ::close(told_[0]); }

    [[nodiscard]] const ringlet::address& address() const noexcept { return address_; }

private:
    std::array<int, 2> told_ = [] {
        std::array<int, 2> ends{};
        if (::pipe(ends.data()) < 0)
            throw std::system_error(errno, std::system_category(), "pipe");
        return ends;
    }();
    ringlet::address address_;
    forked_child parent_;
};

}  // namespace

TEST_CASE("a pool whose parent is killed closes its door at once, and drains", "[server]") {
    const transport over = GENERATE(transport::tcp, transport::unix_stream);
    const tested_kind tested{{over, ringlet::concurrency::forks}, kinds::forks.options};
    CAPTURE(tested);
    const free_place place(over);
    std::optional<killable_pool> pool(std::in_place, over, place.address());
    const ringlet::address local = pool->address();
    std::vector<blocking_client> busy;
    for (int i = 0; i < 4; ++i)
        CHECK(busy.emplace_back(local).exchange("x") == "x");
    pool.reset();
    CHECK(eventually([&] { return refuses(local); }));
    const auto successor = successor_of(tested, local);
    REQUIRE(successor);
    {
        const serving_thread serving(*successor);
        CHECK(asking_client(over, local).ask("who comes next") == "who comes next");
        for (blocking_client& each : busy)
            CHECK(each.exchange("y") == "y");
    }
    for (blocking_client& each : busy) {
        each.shutdown_sending();
        CHECK(each.receive_all().empty());
    }
}

}  // namespace tests::server_closing_door
