#include "testing/detail/campaign_record.hpp"
#include "testing/detail/log_in_trace.hpp"
#include "testing/detail/run_watch.hpp"
#include "testing/detail/shrinking.hpp"
#include "testing/detail/simulation_run.hpp"
#include "testing/detail/valid_simulate_options.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <utility>

namespace ringlet::testing {

namespace {

using detail::fault_selection;
using detail::run_outcome;

/// The assertions that a campaign counts, while it runs.
class recorded_campaign {
public:
    recorded_campaign() : before_(detail::campaign_record::exchange(&record)) {}
    recorded_campaign(const recorded_campaign&) = delete;
    recorded_campaign& operator=(const recorded_campaign&) = delete;
    ~recorded_campaign() { detail::campaign_record::exchange(before_); }

    detail::campaign_record record;

private:
    detail::campaign_record* before_;
};

/// The file that an environment variable names; empty for none.
std::string path_in_environment(const char* name) {
    const char* const path = std::getenv(name);
    return path == nullptr ? "" : path;
}

/// Runs a scenario again and again.
class campaign {
public:
    campaign(const simulate_options& options, const scenario& body)
        : options_(options), body_(body), watch_(options.blocked_max) {
        if (detail::world::current() != nullptr)
            throw std::logic_error("simulate: a simulation runs already in this thread");
    }

    run_outcome run(std::uint64_t seed, bool records = false, const fault_selection& selected = {},
                    std::uint64_t failing_operation = 0) {
        watch_.begin(seed);
        detail::world_options of_world{
            .seed = seed,
            .faults = failing_operation_mode_ ? fault_options::none() : options_.faults,
            .selected = selected,
            .time_max = options_.time_max,
            .steps_max = options_.steps_max,
            .records = records,
            .capture_path = records ? path_in_environment("RINGLET_PCAP") : "",
            .failing_operation = failing_operation,
        };
        detail::simulation_run run(options_, of_world);
        run_outcome outcome = run.run(body_);
        watch_.end();
        ++report.runs;
        report.steps += outcome.steps;
        report.simulated += outcome.simulated;
        return outcome;
    }

    void run_and_repeat(std::uint64_t seed, bool repeats) {
        ++report.seeds;
        const run_outcome first = run(seed, repeats);
        if (first.failed())
            throw_failure(seed, first);
        if (!repeats)
            return;
        const run_outcome second = run(seed, true);
        if (second.digest != first.digest)
            throw_difference(seed, first, second);
    }

    void run_all() {
        const auto end = std::chrono::steady_clock::now() + options_.run_for;
        const bool timed = options_.run_for > options_.run_for.zero();
        for (std::uint64_t i = 0;
             timed ? std::chrono::steady_clock::now() < end : i < options_.seeds; ++i)
            run_and_repeat(options_.first_seed + i,
                           options_.repeat_each > 0 && i % options_.repeat_each == 0);
        finish();
    }

    void run_each_failing() {
        failing_operation_mode_ = true;
        const std::uint64_t seed = options_.first_seed;
        ++report.seeds;
        const run_outcome whole = run(seed);
        if (whole.failed())
            throw_failure(seed, whole);
        for (std::uint64_t k = 1; k <= whole.operations; ++k) {
            const run_outcome outcome = run(seed, false, {}, k);
            if (outcome.failed())
                throw_failure(seed, outcome, k);
        }
        finish();
    }

    simulation_report report;

private:
    /// The faults without which the seed does not fail, or all of them.
    detail::failing_run shrink(std::uint64_t seed, const run_outcome& failing) {
        return detail::shrink(
            failing, [&](const fault_selection& tried) { return run(seed, false, tried); },
            options_.shrink ? options_.steps_max : 0);
    }

    [[noreturn]] void throw_failure(std::uint64_t seed, const run_outcome& first,
                                    std::uint64_t failing_operation = 0) {
        const detail::failing_run least =
            failing_operation > 0 ? detail::failing_run{first} : shrink(seed, first);
        const run_outcome recorded = run(seed, true, least.faults, failing_operation);
        std::string text =
            "a simulation failed under seed " + std::to_string(seed) + ": " + first.failure + "\n";
        if (failing_operation > 0)
            text += "the operation that was made to fail: number " +
                    std::to_string(failing_operation) + "\n";
        text += "to repeat it:\n    " + detail::repeating_command(seed) + "\n";
        text += "faults: " + detail::faults_text(least) + "\n";
        if (least.outcome.failure != first.failure)
            text += "with these faults alone: " + least.outcome.failure + "\n";
        if (recorded.failure != least.outcome.failure)
            text += "the run is not the same each time: once more, it " +
                    (recorded.failed() ? "failed: " + recorded.failure : "passed") + "\n";
        text += "when it failed:" + recorded.state + "\n" + trace_text(recorded);
        fail(seed, text);
    }

    [[nodiscard]] static std::string trace_text(const run_outcome& recorded) {
        constexpr std::size_t shown = 40;
        const std::vector<std::string> whole = recorded.trace();
        std::ofstream file(path_in_environment("RINGLET_TRACE"));
        for (const std::string& line : whole)
            file << line << '\n';
        const std::size_t first = whole.size() - std::min(whole.size(), shown);
        std::string text =
            "the end of the trace (RINGLET_TRACE=FILE writes all of it, RINGLET_PCAP=FILE what was "
            "sent, for Wireshark):\n";
        for (std::size_t i = first; i < whole.size(); ++i)
            text += "    " + whole[i] + "\n";
        return text;
    }

    [[nodiscard]] static std::string end_of(const run_outcome& ended) {
        return "ends after " + detail::seconds_text(ended.simulated) + ", in " +
               std::to_string(ended.steps) + " steps";
    }

    [[noreturn]] static void throw_difference(std::uint64_t seed, const run_outcome& one,
                                              const run_outcome& other) {
        const std::vector<std::string> first = one.trace();
        const std::vector<std::string> second = other.trace();
        const auto [place, counterpart] =
            std::mismatch(first.begin(), first.end(), second.begin(), second.end());
        const auto line = [](const auto& shown, const auto& end) {
            return shown == end ? std::string("nothing more") : *shown;
        };
        std::string text = "two runs under seed " + std::to_string(seed) +
                           " were not the same: something depends on more than the seed, such as a "
                           "static variable, an address in memory, the real clock or a random "
                           "number of the program's own. ";
        if (other.failed())
            text += "The second run failed: " + other.failure + "\n";
        if (place == first.end() && counterpart == second.end())
            text += "Their traces are the same; they differ in when loops were turned, or in the "
                    "numbers that the scenario has drawn.\n    first:  " +
                    end_of(one) + "\n    second: " + end_of(other) + "\n";
        else
            text += "The first difference is line " + std::to_string(place - first.begin() + 1) +
                    " of the trace:\n    first:  " + line(place, first.end()) +
                    "\n    second: " + line(counterpart, second.end()) + "\n";
        fail(seed, text);
    }

    [[noreturn]] static void fail(std::uint64_t seed, const std::string& text) {
        std::fprintf(stderr, "%s", text.c_str());
        throw simulation_failed(text, seed);
    }

    void finish() {
        report.never = recorded_.record.never();
        report.reached = recorded_.record.reached();
        const std::vector<std::string> missing = recorded_.record.missing(options_.expected);
        const std::string whole =
            std::to_string(report.seeds) + (report.seeds == 1 ? " seed" : " seeds");
        if (!missing.empty())
            fail(0, list_of("a campaign of " + whole + " has never reached what was expected:\n",
                            missing));
        if (!report.never.empty() && report.seeds > 1)
            std::fputs(
                list_of("ringlet: these were never reached in a campaign of " + whole + ":\n",
                        report.never)
                    .c_str(),
                stderr);
    }

    [[nodiscard]] static std::string list_of(std::string text,
                                             const std::vector<std::string>& all) {
        for (const std::string& each : all)
            text += "    " + each + "\n";
        return text;
    }

    const simulate_options options_;
    const scenario& body_;
    detail::run_watch watch_;
    recorded_campaign recorded_;
    detail::log_in_trace log_;
    bool failing_operation_mode_ = false;
};

}  // namespace

simulation_report simulate(const simulate_options& options, const scenario& body) {
    campaign all(detail::with_environment(options), body);
    all.run_all();
    return all.report;
}

simulation_report fail_each_operation(const simulate_options& options, const scenario& body) {
    campaign all(detail::with_environment(options), body);
    all.run_each_failing();
    return all.report;
}

}  // namespace ringlet::testing
