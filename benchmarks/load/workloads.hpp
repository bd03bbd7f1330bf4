// The workloads that the benchmarks measure, their rows, and the servers that can be compared at
// them.
#pragma once

#include "comparison.hpp"
#include "load_settings.hpp"

#include <chrono>
#include <string>
#include <vector>

struct workload_row {
    load_settings load;
    bool quick = false;  // belongs to the quick mode too
};

struct workload {
    std::string name;
    std::string what;
    load_settings typical;  // where the user chooses connections and sizes
    std::vector<workload_row> rows;
    std::vector<std::string> servers;  // by name; the baseline first
    std::chrono::milliseconds slice{100};
};

// Gives all workloads with their rows, for a process that may use `cpus` CPUs.
std::vector<workload> all_workloads(std::size_t cpus);

struct known_server {
    server_command how;
    std::string over_tls = {};  // the command of its kind that has TLS; empty where there is none
    bool needs_io_uring = false;
    bool is_peer = false;  // which does nothing but echo over TCP in one loop
};

// The command of the server for this load.
const std::string& command_for(const known_server& server, const load_settings& load);

// Whether the server can be compared at this load.
bool can_take(const known_server& server, const load_settings& load);

// The servers that are built beside this program, in `folder`, and the peers that are there.
std::vector<known_server> known_servers(const std::string& folder);
