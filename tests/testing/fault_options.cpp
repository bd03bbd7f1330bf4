#include "captured_log.hpp"
#include "catch.hpp"
#include "testing/echo_service.hpp"
#include "testing/failed_simulation.hpp"

#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/testing/simulate.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::testing_fault_options {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fault_options;
using ringlet::testing::simulate;
using ringlet::testing::simulation;

namespace {

/// No faults but those that `add(options)` sets.
template <class Add>
fault_options only(const Add& add) {
    fault_options options = fault_options::none();
    add(options);
    return options;
}

/// What a client of a server of echoes can meet with, under 60 seeds.
struct met {
    std::set<std::errc> errors{};
    bool short_receives = false;
    bool short_sends = false;
    bool late = false;
    int echoes = 0;
};

task<> talk(simulation& sim, met& all) {
    auto client = co_await ringlet::connect("server", echo_port);
    std::string text(100, 'x');
    std::string answer(text.size(), '\0');
    const auto begin = sim.elapsed();
    const auto sent = co_await client.send(text);
    all.short_sends |= sent < text.size();
    const auto received = co_await client.recv(answer);
    all.short_receives |= received < sent;
    all.late |= sim.elapsed() - begin > 1s;
    ++all.echoes;
}

met meet(const fault_options& faults) {
    const captured_log log;
    met all;
    simulate({.seeds = 60, .faults = faults}, [&](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        sim.host("client").spawn([&]() -> task<> {
            try {
                co_await talk(sim, all);
            } catch (const std::system_error& failed) {
                all.errors.insert(static_cast<std::errc>(failed.code().value()));
            }
        });
        co_await sim.calm();
    });
    return all;
}

}  // namespace

TEST_CASE("without faults, a client meets with none", "[testing]") {
    const met all = meet(fault_options::none());
    CHECK(all.errors.empty());
    CHECK_FALSE(all.short_receives);
    CHECK_FALSE(all.short_sends);
    CHECK_FALSE(all.late);
    CHECK(all.echoes > 60);
}

TEST_CASE("each fault is met with under some seed, and only it", "[testing]") {
    using errors = std::set<std::errc>;
    const met short_receive = meet(only([](auto& faults) { faults.short_receive = 1; }));
    CHECK(short_receive.short_receives);
    CHECK_FALSE(short_receive.short_sends);
    CHECK(short_receive.errors.empty());

    const met short_send = meet(only([](auto& faults) { faults.short_send = 1; }));
    CHECK(short_send.short_sends);
    CHECK(short_send.errors.empty());

    const met refused = meet(only([](auto& faults) { faults.connect_refused = 1; }));
    CHECK(refused.errors == errors{std::errc::connection_refused});
    CHECK(refused.echoes > 0);

    const met hanging = meet(only([](auto& faults) { faults.connect_hangs = 1; }));
    CHECK(hanging.errors == errors{std::errc::timed_out});

    const met reset = meet(only([](auto& faults) { faults.reset = 1; }));
    CHECK(reset.errors == errors{std::errc::connection_reset});

    const met cut = meet(only([](auto& faults) {
        faults.cut = 1;
        faults.cut_max = 10s;
    }));
    CHECK(cut.late);
    CHECK(cut.errors.empty());

    const met narrow = meet(only([](auto& faults) { faults.window_min = 1; }));
    CHECK(narrow.short_sends);
    CHECK(narrow.errors.empty());
}

TEST_CASE("a server survives accepts that fail", "[testing]") {
    const met all = meet(only([](auto& faults) { faults.accept_failure = 0.9; }));
    CHECK(all.echoes > 0);
    CHECK(all.errors.size() <= 1);  // a client that was aborted
}

TEST_CASE("datagrams are lost, duplicated and reordered", "[testing]") {
    std::set<std::string> orders;
    bool waited = false;
    fault_options faults = fault_options::none();
    faults.datagram_lost = faults.datagram_duplicated = faults.datagram_delayed = 0.5;
    faults.datagram_no_buffers = 0.5;
    faults.jitter_max = 5ms;
    simulate({.seeds = 200, .faults = faults}, [&](simulation& sim) -> task<> {
        auto& receiver = sim.host("receiver");
        std::string received;
        receiver.spawn([&]() -> task<> {
            ringlet::datagram_socket socket(ringlet::address("0.0.0.0", 9));
            for (std::array<char, 100> buffer{};;)
                received.append(buffer.data(), (co_await socket.recv(buffer)).size);
        });
        ringlet::datagram_socket sender(ringlet::address("0.0.0.0", 0));
        co_await ringlet::sleep_for(1s);
        const ringlet::loop& owner = ringlet::loop::require_current("sender");
        for (const std::string text : {"1", "2"}) {
            const auto begun = owner.now();
            co_await sender.send_to(text, receiver.address(9));
            waited |= owner.now() > begun;
        }
        co_await sim.calm();
        orders.insert(received);
    });
    for (const char* const order : {"12", "21", "", "1", "2", "112", "122"}) {
        CAPTURE(order);
        CHECK(orders.contains(order));
    }
    CHECK(waited);
}

TEST_CASE("a failure is narrowed down to the faults that matter", "[testing]") {
    const auto body = [](simulation& sim) -> task<> {
        sim.host("server").spawn(serve_echo);
        sim.host("client").spawn([]() -> task<> {
            std::error_code error;
            auto client = co_await ringlet::connect("server", echo_port, {}, error);
            if (error)
                co_return;
            const std::string answer = co_await ask_patiently(client, std::string(1000, 'x'));
            ringlet::testing::always(!answer.empty(), "an answer comes");
        });
        co_await sim.calm();
    };
    const captured_log log;
    fault_options faults;
    faults.reset = 1;
    faults.window_min = faults.window_max;  // segments are few
    const auto narrowed =
        failure_of([&] { return simulate({.seeds = 1000, .faults = faults}, body); });
    CHECK(narrowed.says("\nfaults: resets #1\n"));
    const auto whole = failure_of(
        [&] { return simulate({.seeds = 1000, .faults = faults, .shrink = false}, body); });
    CHECK(whole.seed == narrowed.seed);
    CHECK(whole.says("resets"));
    CHECK_FALSE(whole.says("\nfaults: resets\n"));
}

TEST_CASE("a failure is narrowed down to single faults", "[testing]") {
    constexpr std::size_t message_size = 10;
    const auto send_messages = [](ringlet::stream& client) -> task<> {
        for (int i = 0; i < 100; ++i) {
            co_await client.send_all(std::string(message_size, 'x'));
            co_await ringlet::sleep_for(1s);
        }
    };
    const auto receive_messages = []() -> task<> {
        auto server = co_await ringlet::connect("server", echo_port);
        std::array<char, message_size> buffer{};
        int in_pieces = 0;
        while (std::size_t received = co_await server.recv(buffer)) {
            in_pieces += received < message_size ? 1 : 0;
            ringlet::testing::always(in_pieces < 2, "no two messages come in pieces");
            while (received < message_size)
                received += co_await server.recv(std::span(buffer).subspan(received));
        }
    };
    fault_options faults = fault_options::none();
    faults.short_receive = 1;
    const auto failed = failure_of([&] {
        return simulate({.seeds = 1000, .faults = faults}, [&](simulation& sim) -> task<> {
            sim.host("server").spawn([&]() -> task<> {
                ringlet::tcp_server server(":" + std::to_string(echo_port), send_messages);
                co_await server.serve();
            });
            sim.host("client").spawn(receive_messages);
            co_await sim.calm();
        });
    });
    const std::size_t begin = failed.text.find("\nfaults: short receives #");
    REQUIRE(begin != std::string::npos);
    const std::string line =
        failed.text.substr(begin + 1, failed.text.find('\n', begin + 1) - begin - 1);
    CAPTURE(line);
    CHECK(std::ranges::count(line, '#') == 2);
}

TEST_CASE("probabilities and limits that make no sense are refused", "[testing]") {
    const auto refuse = [](const auto& spoil) {
        fault_options faults;
        spoil(faults);
        CHECK_THROWS_AS(
            simulate({.faults = faults}, [](simulation& /*sim*/) -> task<> { co_return; }),
            std::invalid_argument);
    };
    refuse([](auto& faults) { faults.reset = 1.5; });
    refuse([](auto& faults) { faults.short_send = -0.1; });
    refuse([](auto& faults) { faults.cut = std::numeric_limits<double>::quiet_NaN(); });
    refuse([](auto& faults) { faults.latency_min = 0s; });
    refuse([](auto& faults) { faults.latency_max = 1ns; });
    refuse([](auto& faults) { faults.jitter_max = -1ns; });
    refuse([](auto& faults) { faults.window_min = 0; });
    refuse([](auto& faults) { faults.window_max = 0; });
}

}  // namespace tests::testing_fault_options
