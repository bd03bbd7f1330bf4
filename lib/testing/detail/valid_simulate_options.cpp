#include "valid_simulate_options.hpp"
#include "fault_kinds.hpp"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

namespace ringlet::testing::detail {

namespace {

constexpr std::uint64_t run_for_max = 366ULL * 24 * 60 * 60;

std::optional<std::uint64_t> number_in_environment(const char* name) {
    const char* const text = std::getenv(name);
    if (text == nullptr)
        return std::nullopt;
    std::uint64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto [stopped, error] = std::from_chars(text, end, number);
    if (error != std::errc() || stopped != end)
        throw std::invalid_argument(std::string(name) + " must be a number, not \"" + text + "\"");
    return number;
}

void require_valid(const fault_options& faults) {
    for (const fault_kind& each : fault_kinds)
        if (each.probability != nullptr &&
            !(faults.*each.probability >= 0 && faults.*each.probability <= 1))
            throw std::invalid_argument(std::string("fault_options: ") + each.option +
                                        " must be 0 to 1");
    if (faults.latency_min <= faults.latency_min.zero() || faults.latency_max < faults.latency_min)
        throw std::invalid_argument("fault_options: latency_min must be more than 0, and at most "
                                    "latency_max");
    for (const std::chrono::nanoseconds longest :
         {faults.jitter_max, faults.late_completion_max, faults.cut_max, faults.offload_max})
        if (longest < longest.zero())
            throw std::invalid_argument("fault_options: no time may be negative");
    if (faults.window_min < 1 || faults.window_max < faults.window_min)
        throw std::invalid_argument("fault_options: window_min must be 1 or more, and at most "
                                    "window_max");
}

}  // namespace

simulate_options with_environment(simulate_options options) {
    require_valid(options.faults);
    const auto require = [](bool holds, const char* sentence) {
        if (!holds)
            throw std::invalid_argument(std::string("simulate_options: ") + sentence);
    };
    require(options.blocked_max > options.blocked_max.zero(), "blocked_max must be more than 0");
    require(options.time_max > options.time_max.zero(), "time_max must be more than 0");
    require(options.calm_max > options.calm_max.zero(), "calm_max must be more than 0");
    require(options.chaos_time >= options.chaos_time.zero(), "chaos_time must be 0 or more");
    require(options.steps_max > 0, "steps_max must be 1 or more");
    require(options.run_for >= options.run_for.zero(), "run_for must be 0 or more");
    if (const auto first = number_in_environment("RINGLET_FIRST_SEED"))
        options.first_seed = *first;
    if (const auto count = number_in_environment("RINGLET_SEEDS"))
        options.seeds = *count;
    if (const auto seconds = number_in_environment("RINGLET_SIMULATE_FOR")) {
        if (*seconds > run_for_max)
            throw std::invalid_argument("RINGLET_SIMULATE_FOR must be at most a year of seconds");
        options.run_for = std::chrono::seconds(*seconds);
    }
    if (const auto seed = number_in_environment("RINGLET_SEED")) {
        options.first_seed = *seed;
        options.seeds = 1;
        options.run_for = {};
        options.expected.clear();
    }
    if (options.seeds == 0)
        throw std::invalid_argument("simulate_options: seeds, or RINGLET_SEEDS, must be 1 or more; "
                                    "none would test nothing");
    return options;
}

}  // namespace ringlet::testing::detail
