#include "campaign.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/coro/sleep_for.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace tests::campaigns {

namespace {

/// Counts what the library reports, instead of writing it.
class counting_log final : private ringlet::log_sink {
public:
    counting_log() : before_(ringlet::set_log(this)) {}
    counting_log(const counting_log&) = delete;
    counting_log& operator=(const counting_log&) = delete;
    ~counting_log() { ringlet::set_log(before_); }

private:
    void write(const ringlet::log_record& record) override {
        reached("in the log: " + std::string(record.message));
    }

    ringlet::log_sink* before_;
};

// The tests try this part of a campaign's seeds, and CI far more of them for a while:
// tests/campaign.
constexpr std::uint64_t part_of_tests = 10;
constexpr std::uint64_t seeds_min = 10;

// After how many times its seeds a campaign must have reached all that is expected.
constexpr std::uint64_t enough_for_all = 4;

void require_reached(const std::vector<std::string>& expected,
                     const ringlet::testing::simulation_report& report) {
    for (const std::string& what : expected) {
        const auto found = report.reached.find(what);
        if (found == report.reached.end() || found->second == 0)
            throw std::runtime_error("never reached under " + std::to_string(report.seeds) +
                                     " seeds: " + what);
    }
}

/// How many requests may be handled at a time. Workers that accept from sockets of their own have a
/// share each, which is rounded up, and may exceed it by one.
std::size_t active_max(const ringlet::server_options& options) {
    const bool shared = options.to_workers == ringlet::server_options::hand_over::reuse_port;
    return options.max_connections + (shared ? options.workers : 0);
}

}  // namespace

void run_campaign(std::string_view name, simulate_options options,
                  const ringlet::testing::scenario& body) {
    const std::uint64_t whole = options.seeds;
    const std::vector<std::string> expected = std::exchange(options.expected, {});
    options.seeds = std::max(whole / part_of_tests, seeds_min);
    const counting_log counted;
    const auto began = std::chrono::steady_clock::now();
    const ringlet::testing::simulation_report report = ringlet::testing::simulate(options, body);
    if (report.seeds >= enough_for_all * whole)
        require_reached(expected, report);
    if (std::getenv("RINGLET_SIMULATE_FOR") == nullptr)
        return;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << "campaign " << name << ": " << report.seeds << " runs in "
              << static_cast<std::uint64_t>(took.count()) << " s, "
              << static_cast<std::uint64_t>(60 * static_cast<double>(report.seeds) / took.count())
              << " a minute\n";
    for (const auto& [what, times] : report.reached)
        std::cout << "    "
                  << (times == 0 ? "never" : "reached " + std::to_string(times) + " times") << ": "
                  << what << "\n";
    std::cout << std::flush;
}

void run_each_failing(const simulate_options& options, const ringlet::testing::scenario& body) {
    const counting_log counted;
    ringlet::testing::fail_each_operation(options, body);
}

simulate_options tries(std::uint64_t seeds, std::vector<std::string> expected) {
    simulate_options options;
    options.seeds = seeds;
    options.expected = std::move(expected);
    return options;
}

ringlet::testing::fault_options harmless_faults() {
    ringlet::testing::fault_options faults;
    faults.accept_failure = faults.connect_refused = faults.connect_hangs = faults.reset = 0;
    return faults;
}

std::string numbered_bytes(std::uint64_t number, std::size_t size) {
    ringlet::testing::random_source random(number, "bytes");
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t)) {
        const std::uint64_t drawn = random();
        for (std::size_t byte = 0; byte < sizeof(drawn) && i + byte < size; ++byte)
            bytes[i + byte] = static_cast<char>(drawn >> (8 * byte));
    }
    return bytes;
}

task<> send_in_pieces(ringlet::stream& to, const std::string& text,
                      ringlet::testing::random_source random, std::uint64_t piece_max,
                      std::chrono::nanoseconds pause_max) {
    for (std::size_t sent = 0; sent < text.size();) {
        const std::size_t size = std::min(text.size() - sent, random.between(1, piece_max));
        co_await to.send_all(std::string_view(text).substr(sent, size));
        sent += size;
        if (random.chance(0.1))
            co_await ringlet::sleep_for(random.between(std::chrono::nanoseconds(0), pause_max));
    }
    co_await to.end_sending();
}

task<> chaos_then_calm(simulation& sim) {
    using namespace std::chrono_literals;
    co_await ringlet::sleep_for(sim.random().between(0us, sim.random().chance(0.5) ? 1s : 60s));
    co_await sim.calm();
}

void check_at_rest(const ringlet::server_counters& counters) {
    always(counters.active == 0, "no request is active once a server has ended");
    always(counters.establishing == 0, "no connection is established once a server has ended");
    always(counters.accepted == counters.finished + counters.failed.total() + counters.refused,
           "each request has finished, failed or been refused");
}

void watch_counters(simulation& sim, std::shared_ptr<const ringlet::server> watched) {
    sim.invariant([server = std::move(watched), before = ringlet::server_counters()]() mutable {
        const ringlet::server_counters counters = server->counters();
        always(counters.accepted >=
                   counters.finished + counters.failed.total() + counters.refused + counters.active,
               "no request is counted twice");
        always(counters.active <= active_max(server->options()),
               "no more requests are handled at a time than may be");
        always(counters.accepted >= before.accepted && counters.finished >= before.finished &&
                   counters.failed.total() >= before.failed.total() &&
                   counters.refused >= before.refused && counters.bytes_sent >= before.bytes_sent &&
                   counters.bytes_received >= before.bytes_received,
               "no counter goes back");
        before = counters;
    });
}

}  // namespace tests::campaigns
