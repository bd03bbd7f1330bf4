// The paired load generator: starts servers, loads them in turn, and says how they compare.
//
//   load --workload echo --connections 64
//   load --server epoll --server mine='./mine --port 0' --workload echo --connections 256

#include "file_limit.hpp"
#include "load/certificate.hpp"
#include "load/command_line.hpp"
#include "load/comparison.hpp"
#include "load/html_report.hpp"
#include "load/json_report.hpp"
#include "load/machine.hpp"
#include "load/plots.hpp"
#include "load/report.hpp"
#include "load/wake_up.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// On a terminal one line that counts; elsewhere only the row that begins.
progress_callback report_progress(const std::string& row) {
    if (::isatty(STDERR_FILENO) == 0) {
        std::fprintf(stderr, "%s ...\n", row.c_str());
        return [](double) {};
    }
    return [row](double fraction) {
        std::fprintf(stderr, "\r\033[K%s: %3.0f%%", row.c_str(), 100 * fraction);
        if (fraction >= 1)
            std::fprintf(stderr, "\r\033[K");
    };
}

result measure(const planned_row& planned, const cpu_plan& cpus, const std::string& place) {
    const auto progress = report_progress(place + ' ' + describe(planned.load));
    result row{planned.workload, planned.load, planned.settings, cpus, {}};
    if (planned.load.connections == 1)
        row.wake_up = measure_wake_up(cpus);
    const cpu_ticks start = cpu_ticks_now();
    row.standings = compare(planned.servers, planned.load, planned.settings, cpus, progress);
    row.stolen = stolen_share_since(start);
    return row;
}

// Every row that can be measured; a row in which a server failed is left out, and `failed` set.
std::vector<result> measure_all(const std::vector<planned_row>& plan, bool& failed) {
    std::vector<cpu_plan> cpus;  // all of them before this process is pinned itself
    for (const auto& row : plan)
        cpus.push_back(plan_cpus(row.load.workers));
    const cpu_list all = usable_cpus();
    std::vector<result> results;
    for (std::size_t i = 0; i < plan.size(); ++i) {
        if (!pin_to(cpus[i].load.empty() ? all : cpus[i].load))
            std::perror("load: not pinned: sched_setaffinity");
        const std::string place = std::to_string(i + 1) + '/' + std::to_string(plan.size());
        try {
            results.push_back(measure(plan[i], cpus[i], place));
            print_row(std::cout, results.back());
        } catch (const server_failure& failure) {
            std::fprintf(stderr, "\nload: %s: %s\n", describe(plan[i].load).c_str(),
                         failure.what());
            failed = true;
        }
    }
    return results;
}

bool has_tls_in_it(const std::vector<planned_row>& plan) {
    return std::any_of(plan.begin(), plan.end(),
                       [](const planned_row& row) { return row.load.tls != handshakes::none; });
}

using write_results = void(std::ostream& out, const machine& here, const run_summary& run,
                           const std::vector<result>& results);

void write_file(const std::string& path, write_results& write, const machine& here,
                const run_summary& run, const std::vector<result>& results) {
    std::ofstream file(path);
    write(file, here, run, results);
    if (!file.flush())
        throw std::runtime_error("cannot write " + path);
}

}  // namespace

int main(int argc, char** argv) try {
    const machine here = describe_machine();
    const command_line wanted = parse_command_line(argc, argv, here);
    raise_file_limit();
    end_comparison_on_signals();
    std::optional<certificate> of_servers;
    if (has_tls_in_it(wanted.plan))
        of_servers.emplace();
    print_heading(std::cout, here, wanted.plan.front().settings);
    bool failed = false;
    const cpu_ticks start = cpu_ticks_now();
    const auto results = measure_all(wanted.plan, failed);
    const run_summary run{stolen_share_since(start)};
    print_summary(std::cout, run);
    if (!wanted.json.empty())
        write_file(wanted.json, write_json, here, run, results);
    if (!wanted.report.empty())
        write_file(wanted.report, write_html, here, run, results);
    if (!wanted.plots.empty())
        write_plots(wanted.plots, here, results);
    return failed ? 1 : 0;
} catch (const interrupted&) {
    std::fprintf(stderr, "\nload: interrupted\n");
    return 130;
} catch (const std::exception& error) {
    std::fprintf(stderr, "\nload: %s\n", error.what());
    return 1;
}
