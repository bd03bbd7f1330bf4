#include "captured_log.hpp"
#include "catch.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/coro/poll.hpp>
#include <ringlet/server/child_process.hpp>
#include <ringlet/server/serving_thread.hpp>
#include <ringlet/testing/simulate.hpp>

#include <netinet/tcp.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace tests::testing_simulated_ring {

using ringlet::concurrency;
using ringlet::task;
using ringlet::testing::simulation;

TEST_CASE("a descriptor of the system is refused by name", "[testing]") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const auto failed = failure_without_faults(
        [&](simulation& /*sim*/) -> task<> { co_await ringlet::poll(ends[0], POLLIN); });
    CHECK(failed.says("host scenario: descriptor " + std::to_string(ends[0]) +
                      " belongs to the system"));
    CHECK(failed.says("open sockets in the network of the loop"));
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("threads and processes are refused by name", "[testing]") {
    const auto thread = failure_without_faults([](simulation& /*sim*/) -> task<> {
        ringlet::tcp_server server(":7", echo);
        const ringlet::serving_thread serving(server);
        co_return;
    });
    CHECK(thread.says("a thread cannot be had in a simulation; use concurrency::loop"));
    const auto process = failure_without_faults([](simulation& /*sim*/) -> task<> {
        static_cast<void>(ringlet::child_process::fork([] { return 0; }));
        co_return;
    });
    CHECK(process.says("fork(2) cannot be had in a simulation; fork before the simulation begins"));
}

TEST_CASE("servers whose handlers need threads or processes are refused by name", "[testing]") {
    const auto serve = [](concurrency wanted) {
        return failure_without_faults([wanted](simulation& sim) -> task<> {
            ringlet::server_options options;
            options.concurrency = wanted;
            sim.host("server").spawn([options]() -> task<> {
                ringlet::tcp_server server(":7", echo, options);
                co_await server.serve();
            });
            co_await sim.calm();
        });
    };
    CHECK(serve(concurrency::forks)
              .says("concurrency::forks cannot be had in a simulation; use "
                    "concurrency::loop or concurrency::threads"));
    CHECK(serve(concurrency::fork_per_request).says("concurrency::fork_per_request cannot be had"));
    CHECK(serve(concurrency::thread_per_request)
              .says("concurrency::thread_per_request cannot be had"));
    CHECK(serve(concurrency::threads).text.empty());
    CHECK(serve(concurrency::loop).text.empty());
}

TEST_CASE("a server that would block the thread that simulates is refused", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        sim.host("server").spawn([]() -> task<> {
            ringlet::tcp_server server(":7", echo);
            server.serve_forever();
            co_return;
        });
        co_await sim.calm();
    });
    CHECK(failed.says("a call that blocks its thread, such as block_on or serve_forever, cannot be "
                      "had in a simulation; await the task, such as server::serve, instead"));
}

TEST_CASE("an option of a socket that is not simulated is refused by number", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        auto opened =
            ringlet::socket::open(sim.host("scenario").loop().net(), AF_INET, SOCK_STREAM);
        opened.set_option(IPPROTO_TCP, TCP_CORK, 1);
        co_return;
    });
    CHECK(failed.says("host scenario: setsockopt of level 6, option 3 is not simulated"));
}

TEST_CASE("a socket of another host is refused by the names of both", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        ringlet::tcp_server server(":7", echo);  // on the scenario's host
        sim.host("server").spawn([&]() -> task<> { co_await server.serve(); });
        co_await sim.calm();
    });
    CHECK(failed.says("seed 1: host server: a socket of host scenario is used here; open it in a "
                      "task of the host that uses it"));
}

}  // namespace tests::testing_simulated_ring
