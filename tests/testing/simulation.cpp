#include "captured_log.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/offload.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/with_timeout.hpp>
#include <ringlet/net/resolve.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/testing/simulate.hpp>

#include <algorithm>
#include <system_error>
#include <thread>
#include <vector>

namespace tests::testing_simulation {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fault_options;
using ringlet::testing::simulate;
using ringlet::testing::simulation;

namespace {

/// Simulates a scenario that is meant to pass, under some seeds with all faults.
void pass(const ringlet::testing::scenario& body) {
    CHECK(simulate({.seeds = 20}, body).seeds == 20);
}

/// Simulates a scenario that is meant to pass, without faults.
void pass_without_faults(const ringlet::testing::scenario& body) {
    CHECK(simulate({.seeds = 5, .faults = fault_options::none()}, body).seeds == 5);
}

}  // namespace

TEST_CASE("time passes at once where nothing can run", "[testing]") {
    pass([](simulation& sim) -> task<> {
        CHECK(sim.elapsed() < 1ms);
        std::error_code error;
        ringlet::event never;
        const auto begin = sim.elapsed();
        try {
            co_await ringlet::with_timeout(30s, never.wait());
        } catch (const std::system_error& failed) {
            error = failed.code();
        }
        CHECK(error == std::errc::timed_out);
        CHECK(sim.elapsed() - begin >= 30s);
        CHECK(sim.elapsed() - begin < 31s);
        co_await ringlet::sleep_for(20h);
        CHECK(sim.elapsed() > 20h);
    });
}

TEST_CASE("a host is made once, with a name and addresses of its own", "[testing]") {
    pass([](simulation& sim) -> task<> {
        auto& one = sim.host("one");
        auto& other = sim.host("other");
        CHECK(&sim.host("one") == &one);
        CHECK(one.name() == "one");
        CHECK(one.address(80) != other.address(80));
        CHECK(one.address(80).port() == 80);
        CHECK(one.address().family() == AF_INET);
        CHECK(one.ipv6_address() != other.ipv6_address());
        CHECK(one.ipv6_address().family() == AF_INET6);
        co_return;
    });
}

TEST_CASE("names of hosts are resolved, and no others", "[testing]") {
    pass([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        const auto has = [](const std::vector<ringlet::address>& found,
                            const ringlet::address& searched) {
            return std::ranges::find(found, searched) != found.end();
        };
        const auto one = co_await ringlet::resolve("server", 7);
        CHECK(one == std::vector{server.address(7)});
        const auto own = co_await ringlet::resolve("localhost", 7);
        CHECK(has(own, ringlet::address("127.0.0.1", 7)));
        CHECK(has(own, ringlet::address("::1", 7)));
        std::string failure;
        try {
            static_cast<void>(co_await ringlet::resolve("sever", 7));
        } catch (const std::system_error& failed) {
            failure = failed.what();
        }
        CHECK_THAT(failure, StartsWith("cannot resolve the host name \"sever\""));
    });
}

TEST_CASE("the name of a host stands for IPv6 too where something answers there", "[testing]") {
    pass([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        const auto bind = [&](const char* host) {
            auto bound = ringlet::socket::open(server.loop().net(), AF_INET6, SOCK_STREAM);
            bound.bind(ringlet::address(host, 7));
            return bound;
        };
        const std::vector v4_only{server.address(7)};
        {
            const auto for_itself = bind("::1");
            const auto found = co_await ringlet::resolve("server", 7);
            CHECK(found == v4_only);
        }
        {
            const auto for_all = bind("::");
            const auto found = co_await ringlet::resolve("server", 7);
            CHECK(found == std::vector{server.ipv6_address(7), server.address(7)});
        }
        const auto found = co_await ringlet::resolve("server", 7);
        CHECK(found == v4_only);
    });
}

TEST_CASE("a host reaches itself, and nobody else's loopback", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        server.spawn(serve_echo);
        co_await server
            .spawn([]() -> task<> {
                auto own = co_await ringlet::connect("localhost", echo_port);
                CHECK_AWAITED(co_await ask_for_echo(own, "hello"), "hello");
            })
            .join();
        std::error_code error;
        static_cast<void>(co_await ringlet::connect("localhost", echo_port, {}, error));
        CHECK(error == std::errc::connection_refused);
    });
}

TEST_CASE("what is offloaded runs in the one thread, and takes simulated time", "[testing]") {
    pass([](simulation& sim) -> task<> {
        const auto begin = sim.elapsed();
        const auto thread = co_await ringlet::offload([] { return std::this_thread::get_id(); });
        CHECK(thread == std::this_thread::get_id());
        CHECK(sim.elapsed() > begin);
        CHECK(sim.elapsed() < begin + 1s);
    });
}

TEST_CASE("after the calm, everything has come to rest", "[testing]") {
    int echoes = 0;
    simulate({.seeds = 50}, [&](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        bool ended = false;
        sim.host("client").spawn([&]() -> task<> {
            for (bool heard = false; !heard;) {
                std::error_code error;
                auto server = co_await ringlet::connect("server", echo_port, {}, error);
                if (!error)
                    heard = co_await ask_patiently(server, "hello") == "hello";
            }
            ended = true;
        });
        co_await sim.calm();
        CHECK(ended);
        echoes += ended ? 1 : 0;
    });
    CHECK(echoes >= 50);
}

TEST_CASE("faults by hand end with the calm", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        auto server = co_await ringlet::connect("server", echo_port);
        sim.network().hold("scenario", "server");
        std::error_code error;
        try {
            static_cast<void>(co_await ringlet::with_timeout(60s, ask_for_echo(server, "hello")));
        } catch (const std::system_error& failed) {
            error = failed.code();
        }
        CHECK(error == std::errc::timed_out);
        co_await sim.calm();
        std::string answer(5, '\0');
        co_await server.recv(answer);
        CHECK(answer == "hello");
    });
}

TEST_CASE("a calm to which no rest comes fails", "[testing]") {
    const auto failed = failure_of([] {
        return simulate({.seeds = 1, .calm_max = 1min}, [](simulation& sim) -> task<> {
            sim.host("clock").spawn([]() -> task<> {
                for (;;)
                    co_await ringlet::sleep_for(1s);
            });
            co_await sim.calm();
        });
    });
    CHECK(failed.says("no rest within 60.000000000 s of calm (simulate_options::calm_max)"));
    CHECK(failed.says("host clock:\nringlet: 1 waiting"));
}

TEST_CASE("a calm that is cancelled, or awaited elsewhere, does no harm", "[testing]") {
    pass([](simulation& sim) -> task<> {
        std::error_code error;
        auto& clock = sim.host("clock");
        clock.spawn([]() -> task<> { co_await ringlet::sleep_for(1min); });
        try {
            co_await ringlet::with_timeout(1s, sim.calm());
        } catch (const std::system_error& failed) {
            error = failed.code();
        }
        CHECK(error == std::errc::timed_out);
        co_await sim.calm();
        CHECK(sim.elapsed() > 1min);
    });
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        sim.host("client").spawn([&]() -> task<> { co_await sim.calm(); });
        co_await sim.calm();
    });
    CHECK(failed.says("a task on host client failed: "));
    CHECK(failed.says("simulation::calm: only the scenario itself can await calm"));
}

TEST_CASE("a scenario draws what its seed decides", "[testing]") {
    std::vector<std::uint64_t> drawn;
    const ringlet::testing::scenario body = [&](simulation& sim) -> task<> {
        drawn.push_back(sim.random()());
        co_return;
    };
    simulate({.seeds = 2, .repeat_each = 1}, body);
    REQUIRE(drawn.size() == 4);
    CHECK(drawn[0] == drawn[1]);
    CHECK(drawn[1] != drawn[2]);
    CHECK(drawn[2] == drawn[3]);
}

TEST_CASE("a sentence of the scenario is in the trace", "[testing]") {
    const auto failed = failure_without_faults([](simulation& sim) -> task<> {
        co_await ringlet::sleep_for(2s);
        sim.note("the elephant is in the room");
        throw std::runtime_error("no room");
    });
    CHECK(failed.says(" s  scenario  the elephant is in the room\n"));
    CHECK(failed.says("\n    2.00"));
}

TEST_CASE("what the code under test logs is in the trace, and in a log of the program's own",
          "[testing]") {
    const auto report = [](simulation& sim) -> task<> {
        sim.host("server").spawn([]() -> task<> {
            ringlet::log(ringlet::log_level::warning, "the milk is sour");
            co_return;
        });
        co_await ringlet::sleep_for(1s);
        ringlet::testing::always(false, "an end");
    };
    const auto failed = failure_without_faults(report);
    CHECK(failed.says(" s  server  logs: ringlet: the milk is sour level=warning\n"));
    CHECK(failed.written == failed.text);
    const captured_log own;
    static_cast<void>(failure_without_faults(report));
    CHECK(own.text().find("the milk is sour") != std::string::npos);
}

}  // namespace tests::testing_simulation
