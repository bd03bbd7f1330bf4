// The paired load generator: starts echo servers, loads them in turn, and says how they compare.
//
//   load --server epoll=./epoll_echo --server ringlet=./ringlet_echo --connections 64 --size 64

#include "file_limit.hpp"
#include "load/comparison.hpp"
#include "load/machine.hpp"
#include "load/report.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

struct options {
    std::vector<server_command> servers;  // the baseline first
    comparison_settings comparison;
    bool brief = false;
    std::string json;
};

server_command parse_server(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == text.size())
        throw CLI::ValidationError("--server", "expected NAME=COMMAND, got '" + text + "'");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_load_options(CLI::App& command, load_settings& load) {
    command.add_option("--connections", load.connections, "Clients at once")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    command.add_option("--size", load.message_bytes, "Bytes in a message")
        ->check(CLI::Range(1, 16 * 1024 * 1024))
        ->capture_default_str();
    auto* pipeline =
        command.add_option("--pipeline", load.pipeline, "Messages in flight per connection")
            ->check(CLI::Range(1, 1024))
            ->capture_default_str();
    command
        .add_flag("--reconnect", load.reconnect,
                  "Connect, echo one message, close: cost per connection")
        ->excludes(pipeline);
}

// On a bad command line, or `--help`, prints and exits.
options parse_command_line(int argc, char** argv) {
    CLI::App command{"Compares echo servers under the same closed-loop load, slice by slice."};
    options chosen;
    comparison_settings& comparison = chosen.comparison;
    std::vector<std::string> servers;
    double seconds = comparison.length.count();
    long slice_ms = comparison.slice.count();

    command
        .add_option("--server", servers,
                    "NAME=COMMAND of a server, the baseline first; repeat for each")
        ->required()
        ->allow_extra_args(false);
    add_load_options(command, comparison.load);
    command.add_option("--seconds", seconds, "Length of the measurement, all servers together")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    command.add_option("--slice-ms", slice_ms, "Length of one server's turn")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    command.add_option("--warmup", comparison.warmup_rounds, "Rounds that do not count")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    command.add_option("--json", chosen.json, "File to write the results to");
    command.add_flag("--brief", chosen.brief, "Print only the row, for a table of several");
    try {
        command.parse(argc, argv);
        for (const auto& text : servers)
            chosen.servers.push_back(parse_server(text));
    } catch (const CLI::Error& error) {
        std::exit(command.exit(error));
    }
    comparison.length = std::chrono::duration<double>(seconds);
    comparison.slice = std::chrono::milliseconds(slice_ms);
    return chosen;
}

// On a terminal one line that counts; elsewhere only the row that begins.
progress_callback report_progress(const std::string& row) {
    if (::isatty(STDERR_FILENO) == 0) {
        std::fprintf(stderr, "%s ...\n", row.c_str());
        return [](double) {};
    }
    return [row](double fraction) {
        std::fprintf(stderr, "\r%s: %3.0f%%%s", row.c_str(), 100 * fraction,
                     fraction < 1 ? "" : "\n");
    };
}

void run(const options& chosen) {
    const machine here = describe_machine();
    const cpu_plan cpus = plan_cpus();
    if (!cpus.load)
        std::fprintf(stderr, "load: one CPU only, not pinned: servers and load compete for it\n");
    else if (!pin_to(cpus.load))
        std::perror("load: not pinned: sched_setaffinity");

    const auto& settings = chosen.comparison;
    const auto standings =
        compare(chosen.servers, settings, cpus, report_progress(describe(settings.load)));

    if (!chosen.brief)
        print_heading(std::cout, here, cpus, settings);
    print_row(std::cout, settings.load, standings);
    std::cout.flush();
    if (chosen.json.empty())
        return;
    std::ofstream json(chosen.json);
    write_json(json, here, settings, standings);
    if (!json.flush())
        throw std::runtime_error("cannot write " + chosen.json);
}

}  // namespace

int main(int argc, char** argv) try {
    const options chosen = parse_command_line(argc, argv);
    raise_file_limit();
    end_comparison_on_signals();
    run(chosen);
} catch (const interrupted&) {
    std::fprintf(stderr, "\nload: interrupted\n");
    return 130;
} catch (const std::exception& error) {
    std::fprintf(stderr, "\nload: %s\n", error.what());
    return 1;
}
