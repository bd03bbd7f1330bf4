#include "comparison.hpp"

#include "idle_connections.hpp"
#include "server_process.hpp"

#include <algorithm>
#include <csignal>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>

namespace {

using namespace std::chrono_literals;

volatile std::sig_atomic_t signalled = 0;

std::string with_arguments(std::string command, const load_settings& load) {
    if (const auto place = command.find("{}"); place != std::string::npos)
        command.replace(place, 2, server_arguments(load));
    return command;
}

class contestant {
public:
    contestant(const server_command& server, const load_settings& load,
               const comparison_settings& settings, const cpu_plan& cpus)
        : process_(server.name, with_arguments(server.command, load), load.over, cpus.servers),
          slice_(settings.slice) {
        if (load.idle_connections > 0)
            add_idle(load);
        load_ = make_closed_loop(process_.address(), load);
    }

    void run_slice();

    // The median of the slices so far.
    double messages_per_second() const { return quartiles_of(messages_per_second_).median; }

    // Goes over to an open loop.
    void open(double messages_per_second) { load_->open(messages_per_second); }

    // Forgets the slices so far.
    void warmed_up();

    standing against(const contestant& baseline) const;

    server_process& process() noexcept { return process_; }

private:
    void add_idle(const load_settings& load);

    server_process process_;
    std::optional<idle_connections> idle_;
    std::optional<double> bytes_per_idle_;
    std::unique_ptr<closed_loop> load_;
    std::chrono::milliseconds slice_;
    std::chrono::nanoseconds cpu_before_{};
    std::vector<double> cpu_ns_per_message_;
    std::vector<double> messages_per_second_;
};

void contestant::add_idle(const load_settings& load) {
    const auto before = process_.memory_bytes();
    idle_.emplace(process_.address(), load);
    if (const auto after = process_.memory_bytes(); before && after)
        bytes_per_idle_ = (static_cast<double>(*after) - static_cast<double>(*before)) /
                          static_cast<double>(load.idle_connections);
}

// The CPU account runs from slice to slice: a server that stays busy after its own slice,
// disturbing those of the others, pays for it.
void contestant::run_slice() {
    const slice result = load_->run_until(steady::now() + slice_);
    std::this_thread::sleep_for(1ms);  // the account of a thread is exact once it sleeps
    const auto cpu_now = process_.cpu_time();
    const auto messages = static_cast<double>(result.messages);
    cpu_ns_per_message_.push_back(static_cast<double>((cpu_now - cpu_before_).count()) / messages);
    messages_per_second_.push_back(messages /
                                   std::chrono::duration<double>(result.duration).count());
    cpu_before_ = cpu_now;
}

void contestant::warmed_up() {
    cpu_ns_per_message_.clear();
    messages_per_second_.clear();
    load_->latencies.clear();
    load_->lost = 0;
}

quartiles ratio(const std::vector<double>& mine, const std::vector<double>& baseline) {
    std::vector<double> ratios(mine.size());
    std::transform(mine.begin(), mine.end(), baseline.begin(), ratios.begin(), std::divides<>{});
    return quartiles_of(std::move(ratios));
}

standing contestant::against(const contestant& baseline) const {
    standing result;
    result.name = process_.name();
    result.cpu_ratio = ratio(cpu_ns_per_message_, baseline.cpu_ns_per_message_);
    result.rate_ratio = ratio(messages_per_second_, baseline.messages_per_second_);
    result.cpu_ns_per_message = quartiles_of(cpu_ns_per_message_);
    result.messages_per_second = quartiles_of(messages_per_second_);
    result.p50 = load_->latencies.percentile(0.50);
    result.p90 = load_->latencies.percentile(0.90);
    result.p99 = load_->latencies.percentile(0.99);
    result.p999 = load_->latencies.percentile(0.999);
    result.lost = load_->lost;
    result.bytes_per_idle = bytes_per_idle_;
    result.slices = cpu_ns_per_message_.size();
    return result;
}

// Who goes when: everyone begins, ends and follows everyone else equally often, so that neither
// drift nor a predecessor's warm caches favour anyone. Two servers: AB, BA, BA, AB, ...
std::vector<std::size_t> order_of_round(std::size_t round, std::size_t servers) {
    std::vector<std::size_t> order(servers);
    std::iota(order.begin(), order.end(), 0);
    const auto shift = static_cast<std::ptrdiff_t>(round / 2 % servers);
    std::rotate(order.begin(), order.begin() + shift, order.end());
    if (round % 2 == 1)
        std::reverse(order.begin(), order.end());
    return order;
}

using contestants = std::vector<std::unique_ptr<contestant>>;

void run_round(const contestants& all, std::size_t round) {
    for (const std::size_t i : order_of_round(round, all.size())) {
        server_process& process = all[i]->process();
        if (signalled)
            throw interrupted{};
        try {
            all[i]->run_slice();
        } catch (const server_failure& failure) {
            std::this_thread::sleep_for(
                50ms);  // a dying process closes its sockets before it can be reaped
            const auto end = process.how_it_ended();
            throw server_failure(process.name() + ": " + failure.what() +
                                 (end ? " (" + *end + ")" : ""));
        }
    }
}

contestants start(const std::vector<server_command>& servers, const load_settings& load,
                  const comparison_settings& settings, const cpu_plan& cpus) {
    contestants all;
    for (const auto& server : servers) {
        try {
            all.push_back(std::make_unique<contestant>(server, load, settings, cpus));
        } catch (const server_failure& failure) {
            throw server_failure(server.name + ": " + failure.what());
        }
    }
    return all;
}

void stop(const contestants& all) {
    for (const auto& server : all) {
        try {
            server->process().stop();
        } catch (const server_failure& failure) {
            throw server_failure(server->process().name() + ": " + failure.what());
        }
    }
}

}  // namespace

std::vector<standing> compare(const std::vector<server_command>& servers, const load_settings& load,
                              const comparison_settings& settings, const cpu_plan& cpus,
                              const progress_callback& progress) {
    const contestants all = start(servers, load, settings, cpus);
    std::size_t round = 0;
    // One round more, or the account would begin at the server's start-up.
    while (round < settings.warmup_rounds + 1)
        run_round(all, round++);
    // The same schedule for all of them, or latencies could not be compared.
    if (load.rate_share > 0) {
        const double highest = all.front()->messages_per_second();
        for (const auto& server : all)
            server->open(highest * load.rate_share);
        run_round(all, round++);
    }
    for (const auto& server : all)
        server->warmed_up();

    const auto start = steady::now();
    double passed = 0;
    do {
        run_round(all, round++);
        passed = std::chrono::duration<double>(steady::now() - start) / settings.length;
        progress(std::min(passed, 1.0));
    } while (passed < 1);

    std::vector<standing> standings;
    for (const auto& server : all)
        standings.push_back(server->against(*all.front()));
    stop(all);
    return standings;
}

void end_comparison_on_signals() {
    const auto note = [](int) { signalled = 1; };
    std::signal(SIGINT, note);
    std::signal(SIGTERM, note);
}
