// How many lifetimes of a small server are simulated in a minute, on one core: it starts, three
// clients send ten messages each, it drains and ends.
//
//     simulated_lifetimes [SEEDS]

#include <ringlet/ringlet.hpp>
#include <ringlet/testing/simulate.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

namespace {

using namespace std::chrono_literals;
using ringlet::task;
using ringlet::testing::fault_options;

constexpr int clients = 3;
constexpr int messages = 10;
constexpr std::uint64_t seeds_default = 10'000;

task<> echo(ringlet::stream& client) {
    std::array<std::byte, 1024> buffer;
    while (const auto count = co_await client.recv(buffer))
        co_await client.send_all(std::span(buffer).first(count));
}

task<> talk() {
    try {
        ringlet::stream server = co_await ringlet::connect("server:9999");
        const std::string text(16, 'x');
        std::array<char, 16> answer;
        for (int i = 0; i < messages; ++i) {
            co_await server.send_all(text);
            for (std::size_t received = 0; received < answer.size();) {
                const auto count = co_await server.recv(std::span(answer).subspan(received));
                if (count == 0)
                    co_return;
                received += count;
            }
        }
    } catch (const std::system_error&) {  // one of the faults
    }
}

task<> live(ringlet::testing::simulation& sim) {
    std::optional<ringlet::tcp_server> server;
    const auto serving = sim.host("server").spawn([&]() -> task<> {
        server.emplace(":9999", echo);
        co_await server->serve();
    });
    for (int i = 0; i < clients; ++i)
        sim.host("client").spawn(talk);
    co_await sim.calm();
    server->shutdown(1s);
    co_await serving.join();
}

void measure(const char* name, std::uint64_t seeds, const fault_options& faults) {
    const std::clock_t begin = std::clock();
    const auto report = ringlet::testing::simulate({.seeds = seeds, .faults = faults}, live);
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const auto runs = static_cast<double>(report.runs);
    std::printf("%-15s %9.0f lifetimes a minute of CPU, %5.1f us and %4.0f steps each\n", name,
                60 * runs / seconds, seconds * 1e6 / runs,
                static_cast<double>(report.steps) / runs);
}

/// Drops what the server says of its shortages, which the faults make.
class silence final : public ringlet::log_sink {
    void write(const ringlet::log_record& /*record*/) override {}
};

}  // namespace

int main(int argc, char** argv) {
    const std::uint64_t seeds = argc > 1 ? std::stoull(argv[1]) : seeds_default;
    silence none;
    ringlet::set_log(&none);
    measure("with faults", seeds, {});
    measure("without faults", seeds, fault_options::none());
    ringlet::set_log(nullptr);
}
