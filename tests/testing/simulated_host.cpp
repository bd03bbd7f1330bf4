#include "captured_log.hpp"
#include "catch.hpp"
#include "check_awaited.hpp"
#include "forked_child.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/coro/shield.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/testing/simulate.hpp>

#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

namespace tests::testing_simulated_host {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fault_options;
using ringlet::testing::simulate;
using ringlet::testing::simulation;

namespace {

/// Simulates a scenario that is meant to pass, without faults.
void pass_without_faults(const ringlet::testing::scenario& body) {
    CHECK(simulate({.seeds = 5, .faults = fault_options::none()}, body).seeds == 5);
}

/// The error with which what `begin()` awaits fails.
template <class Begin>
task<std::error_code> error_of(Begin begin) {
    try {
        static_cast<void>(co_await begin());
    } catch (const std::system_error& failed) {
        co_return failed.code();
    }
    co_return std::error_code();
}

}  // namespace

TEST_CASE("a task of a host runs there, and its end can be awaited", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        auto& host = sim.host("host");
        ringlet::loop* seen = nullptr;
        const auto sleeper = host.spawn([&]() -> task<> {
            co_await ringlet::sleep_for(5s);
            seen = ringlet::loop::current();
        });
        CHECK_FALSE(sleeper.ended());
        co_await sleeper.join();
        CHECK(sleeper.ended());
        CHECK(seen == &host.loop());
        CHECK(sim.elapsed() >= 5s);
        co_await sleeper.join();  // once more, at once
    });
}

TEST_CASE("a wait for a task can be given up", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        const auto sleeper =
            sim.host("host").spawn([]() -> task<> { co_await ringlet::sleep_for(1h); });
        const auto error = co_await error_of([&]() -> task<int> {
            co_await ringlet::with_timeout(1s, sleeper.join());
            co_return 0;
        });
        CHECK(error == std::errc::timed_out);
        co_await ringlet::sleep_for(2h);
        CHECK(sleeper.ended());
    });
}

TEST_CASE("tasks end with the simulation, which cancels them", "[testing]") {
    bool cancelled = false;
    pass_without_faults([&](simulation& sim) -> task<> {
        sim.host("host").spawn([&]() -> task<> {
            ringlet::event never;
            const auto error = co_await error_of([&]() -> task<int> {
                co_await never.wait();
                co_return 0;
            });
            cancelled = error == std::errc::operation_canceled;
        });
        co_await ringlet::sleep_for(1s);
    });
    CHECK(cancelled);
}

// In a child: the task is abandoned, with all that it uses.
TEST_CASE("a task that does not end when it is cancelled fails", "[testing]") {
    const child_end end = run_in_child([] {
        try {
            simulate({.seeds = 1}, [](simulation& sim) -> task<> {
                sim.host("mule").spawn([]() -> task<> {
                    const ringlet::shield stubborn;
                    ringlet::event never;
                    co_await never.wait();
                });
                co_await ringlet::sleep_for(10s);
            });
        } catch (const ringlet::testing::simulation_failed&) {
            return 3;
        }
        return 0;
    });
    CHECK(end.exited_with(3));
    CHECK(end.says("a task does not end though it is cancelled:"));
    CHECK(end.says("host mule:\nringlet: 1 waiting"));
}

TEST_CASE("a host that stops is silent, and resets what reaches it once it runs again",
          "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        server.spawn(serve_echo);
        auto client = co_await ringlet::connect("server", echo_port);
        CHECK_AWAITED(co_await ask_for_echo(client, "one"), "one");
        CHECK(server.open_sockets() == 2);

        co_await server.stop();
        CHECK_FALSE(server.running());
        CHECK(server.open_sockets() == 0);
        CHECK_THROWS_AS(server.spawn(serve_echo), std::logic_error);
        std::string answer(1, '\0');
        auto silence = co_await error_of([&]() -> task<std::size_t> {
            co_return co_await ringlet::with_timeout(60s, client.recv(answer));
        });
        CHECK(silence == std::errc::timed_out);
        silence = co_await error_of([] { return ringlet::connect("server", echo_port); });
        CHECK(silence == std::errc::timed_out);

        server.start();
        CHECK(server.running());
        co_await client.send_all("two");
        CHECK_AWAITED(co_await error_of([&] { return client.recv(answer); }),
                      std::errc::connection_reset);
        server.spawn(serve_echo);
        auto next = co_await ringlet::connect("server", echo_port);
        CHECK_AWAITED(co_await ask_for_echo(next, "three"), "three");
    });
}

TEST_CASE("a host that never comes back is given up by those who send to it", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        server.spawn(serve_echo);
        auto client = co_await ringlet::connect("server", echo_port);
        co_await server.stop();
        const auto begin = sim.elapsed();
        CHECK_AWAITED(co_await error_of([&] { return ask_for_echo(client, "hello"); }),
                      std::errc::timed_out);
        CHECK(sim.elapsed() - begin > 15min);
        CHECK(sim.elapsed() - begin < 16min);
        co_await sim.calm();
    });
}

TEST_CASE("what the tasks of a stopped host throw is no failure", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        auto& server = sim.host("server");
        server.spawn(serve_echo);
        auto& client = sim.host("client");
        bool broken = false;
        client.spawn([&]() -> task<> {
            auto own = co_await ringlet::connect("server", echo_port);
            try {
                for (;;)
                    co_await ask_for_echo(own, "hello");
            } catch (const std::system_error&) {
                broken = true;
                throw std::runtime_error("the client has lost its server");
            }
        });
        co_await ringlet::sleep_for(10ms);
        co_await client.stop();
        CHECK(broken);
    });
}

TEST_CASE("a host that lacks descriptors accepts later", "[testing]") {
    pass_without_faults([](simulation& sim) -> task<> {
        const captured_log log;
        auto& server = sim.host("server");
        server.spawn(serve_echo);
        auto one = co_await ringlet::connect("server", echo_port);
        CHECK_AWAITED(co_await ask_for_echo(one, "one"), "one");
        server.set_descriptor_limit(2);
        auto other = co_await ringlet::connect("server", echo_port);
        std::string answer;
        co_await other.send_all("other");
        co_await ringlet::sleep_for(10s);
        CHECK(server.open_sockets() == 2);
        CHECK(log.text().find("accepting pauses") != std::string::npos);
        co_await one.close();
        answer.resize(5);
        co_await other.recv(answer);
        CHECK(answer == "other");
    });
    pass_without_faults([](simulation& sim) -> task<> {
        sim.host("scenario").set_descriptor_limit(0);
        CHECK_AWAITED(
            co_await error_of([&] { return ringlet::connect(sim.host("server").address(7)); }),
            std::errc::too_many_files_open);
    });
}

TEST_CASE("a socket that is left open fails, and one that is closed twice", "[testing]") {
    const auto open = [](simulation& sim) {
        return ringlet::socket::open(sim.host("scenario").loop().net(), AF_INET, SOCK_STREAM);
    };
    const auto left = failure_without_faults([&](simulation& sim) -> task<> {
        open(sim).release();
        co_return;
    });
    CHECK(left.says("sockets were left open:\nscenario:  tcp "));
    const auto twice = failure_without_faults([&](simulation& sim) -> task<> {
        const auto opened = open(sim);
        opened.net().close(opened.native_handle());
        co_return;
    });
    CHECK(twice.says("host scenario: descriptor "));
    CHECK(twice.says(" was closed, which is not open: was it closed twice?"));
}

}  // namespace tests::testing_simulated_host
