#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <optional>

namespace {

constexpr double quick_seconds = 4.5;
constexpr double full_seconds = 12;

struct options {
    std::vector<std::string> workloads;
    std::vector<std::string> servers;
    std::vector<std::size_t> connections;
    std::vector<std::size_t> sizes;
    std::optional<std::size_t> pipeline;
    std::optional<std::size_t> idle;
    std::optional<std::size_t> timers;
    std::optional<std::size_t> workers;
    std::optional<double> seconds;
    std::optional<long> slice_ms;
    unsigned warmup = 2;
    bool peers = false;
    bool full = false;
    bool list = false;
};

void add_choices(CLI::App& command, options& chosen) {
    command.add_option("--workload", chosen.workloads, "Only this one; repeat for more")
        ->allow_extra_args(false);
    command
        .add_option("--server", chosen.servers,
                    "Only this one, by name, or NAME=COMMAND of your own, where {} stands for what "
                    "the workload asks of it; the baseline first; repeat for more")
        ->allow_extra_args(false);
    command.add_flag("--peers", chosen.peers, "The peers too, where they can do the same");
    command.add_flag("--full", chosen.full, "All rows of the workloads, and longer");
    command.add_flag("--list", chosen.list, "List workloads and servers");
}

void add_load(CLI::App& command, options& chosen) {
    command.add_option("--connections", chosen.connections, "Instead of a workload's; a row each")
        ->check(CLI::Range(1, 100'000));
    command.add_option("--size", chosen.sizes, "Bytes in a message, likewise")
        ->check(CLI::Range(1, 16 * 1024 * 1024));
    command.add_option("--pipeline", chosen.pipeline, "Messages in flight per connection")
        ->check(CLI::Range(1, 1024));
    command.add_option("--idle", chosen.idle, "Idle connections")->check(CLI::Range(1, 1'000'000));
    command.add_option("--timers", chosen.timers, "Timers armed in the server")
        ->check(CLI::Range(1, 10'000'000));
    command
        .add_option("--workers", chosen.workers, "Threads or processes of a server that has any")
        ->check(CLI::Range(1, 1024));
}

void add_times(CLI::App& command, options& chosen) {
    command.add_option("--seconds", chosen.seconds, "Length of a row, all servers together")
        ->check(CLI::Range(0.01, 3600.0));
    command.add_option("--slice-ms", chosen.slice_ms, "Length of one server's turn")
        ->check(CLI::Range(1, 10'000));
    command.add_option("--warmup", chosen.warmup, "Rounds that do not count")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
}

[[noreturn]] void print_list(const std::vector<workload>& workloads,
                             const std::vector<known_server>& servers) {
    const auto is_quick = [](const workload_row& row) { return row.quick; };
    std::cout << "workloads (* in the quick mode too):\n";
    for (const auto& measured : workloads) {
        const auto& rows = measured.rows;
        std::cout << (std::any_of(rows.begin(), rows.end(), is_quick) ? "* " : "  ") << std::left
                  << std::setw(24) << measured.name << measured.what << '\n';
        for (const auto& row : rows)
            std::cout << std::setw(26) << "" << (row.quick ? "* " : "  ") << describe(row.load)
                      << '\n';
    }
    std::cout << "servers:\n";
    for (const auto& server : servers) {
        std::cout << "  " << std::setw(24) << server.how.name << server.how.command << '\n';
        if (!server.over_tls.empty())
            std::cout << std::setw(26) << "" << server.over_tls << '\n';
    }
    std::exit(0);
}

template <class Items, class Name>
auto& find_named(Items& items, const std::string& wanted, const char* option, Name name_of_item) {
    for (auto& item : items)
        if (name_of_item(item) == wanted)
            return item;
    throw CLI::ValidationError(option, "there is no '" + wanted + "'; see --list");
}

class planner {
public:
    planner(const options& chosen, const machine& here, const std::vector<known_server>& known)
        : chosen_(chosen), here_(here), known_(known) {}

    std::vector<planned_row> plan(const std::vector<workload>& workloads) const {
        std::vector<planned_row> all;
        for (const auto& measured : workloads)
            for (const auto& load : rows_of(measured))
                all.push_back(
                    {measured.name, load, settings_of(measured), servers_of(measured, load)});
        return all;
    }

private:
    bool is_named(const workload& measured) const {
        const auto& names = chosen_.workloads;
        return std::find(names.begin(), names.end(), measured.name) != names.end();
    }

    bool varies() const { return !chosen_.connections.empty() || !chosen_.sizes.empty(); }

    std::vector<load_settings> rows_of(const workload& measured) const {
        if (!chosen_.workloads.empty() && !is_named(measured))
            return {};
        std::vector<load_settings> rows;
        for (const auto& row : measured.rows)
            if (row.quick || chosen_.full || is_named(measured))
                rows.push_back(with_options(row.load));
        return varies() && !rows.empty() ? varied(with_options(measured.typical)) : rows;
    }

    load_settings with_options(load_settings load) const {
        load.pipeline = chosen_.pipeline.value_or(load.pipeline);
        if (load.concurrency != "loop")
            load.workers = chosen_.workers.value_or(load.workers);
        if (load.idle_connections > 0)
            load.idle_connections = chosen_.idle.value_or(load.idle_connections);
        if (load.timers > 0)
            load.timers = chosen_.timers.value_or(load.timers);
        return load;
    }

    std::vector<load_settings> varied(const load_settings& base) const {
        std::vector<load_settings> rows;
        const auto or_base = [](const auto& values, std::size_t value) {
            return values.empty() ? std::vector{value} : values;
        };
        for (const auto connections : or_base(chosen_.connections, base.connections))
            for (const auto size : or_base(chosen_.sizes, base.message_bytes)) {
                rows.push_back(base);
                rows.back().connections = connections;
                rows.back().message_bytes = size;
            }
        return rows;
    }

    comparison_settings settings_of(const workload& measured) const {
        comparison_settings settings;
        settings.length = std::chrono::duration<double>(
            chosen_.seconds.value_or(chosen_.full ? full_seconds : quick_seconds));
        settings.slice =
            std::chrono::milliseconds(chosen_.slice_ms.value_or(measured.slice.count()));
        settings.warmup_rounds = chosen_.warmup;
        return settings;
    }

    bool is_known(const std::string& name) const {
        return std::any_of(known_.begin(), known_.end(),
                           [&](const known_server& server) { return server.how.name == name; });
    }

    // Those that are asked for, or by default those of the workload that are here.
    std::vector<std::string> names_for(const workload& measured) const {
        std::vector<std::string> names = chosen_.servers;
        if (names.empty())
            std::copy_if(measured.servers.begin(), measured.servers.end(),
                         std::back_inserter(names),
                         [this](const std::string& name) { return is_known(name); });
        for (const auto& server : known_)
            if (chosen_.peers && server.is_peer &&
                std::find(names.begin(), names.end(), server.how.name) == names.end())
                names.push_back(server.how.name);
        return names;
    }

    std::vector<server_command> servers_of(const workload& measured,
                                           const load_settings& load) const {
        std::vector<server_command> servers;
        for (const auto& text : names_for(measured))
            if (const auto server = server_of(text, load))
                servers.push_back(*server);
        if (servers.empty())
            throw CLI::ValidationError("--server", "none of them can do: " + describe(load));
        return servers;
    }

    // None where it cannot be compared, here or at this load.
    std::optional<server_command> server_of(const std::string& text,
                                            const load_settings& load) const {
        const auto equals = text.find('=');
        if (equals != std::string::npos) {
            if (equals == 0 || equals + 1 == text.size())
                throw CLI::ValidationError("--server", "expected NAME=COMMAND, got '" + text + "'");
            return server_command{text.substr(0, equals), text.substr(equals + 1)};
        }
        const auto& found = find_named(known_, text, "--server",
                                       [](const known_server& server) { return server.how.name; });
        if ((found.needs_io_uring && !here_.has_io_uring) || !can_take(found, load))
            return std::nullopt;
        return server_command{found.how.name, command_for(found, load)};
    }

    const options& chosen_;
    const machine& here_;
    const std::vector<known_server>& known_;
};

std::string folder_of_this_program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace

command_line parse_command_line(int argc, char** argv, const machine& here) {
    CLI::App command{"Compares servers under the same closed-loop load, slice by slice."};
    options chosen;
    command_line wanted;
    add_choices(command, chosen);
    add_load(command, chosen);
    add_times(command, chosen);
    command.add_option("--json", wanted.json, "File to write the results to");
    command.add_option("--report", wanted.report, "File to write a page for a browser to");
    command.add_option("--plots", wanted.plots, "Folder to draw the results in, as SVG");
    const auto workloads = all_workloads(static_cast<std::size_t>(here.cpus));
    const auto known = known_servers(folder_of_this_program());
    try {
        command.parse(argc, argv);
        if (chosen.list)
            print_list(workloads, known);
        for (const auto& name : chosen.workloads)
            find_named(workloads, name, "--workload",
                       [](const workload& measured) { return measured.name; });
        wanted.plan = planner(chosen, here, known).plan(workloads);
    } catch (const CLI::Error& error) {
        std::exit(command.exit(error));
    }
    if (!here.has_io_uring)
        std::fprintf(stderr, "%s: what needs it is left out\n", here.ring.c_str());
    return wanted;
}
