// The measurements that the user asks for.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"
#include "workloads.hpp"

#include <string>
#include <vector>

// A comparison that is to be made.
struct planned_row {
    std::string workload;
    load_settings load;
    comparison_settings settings;
    std::vector<server_command> servers;  // the baseline first
};

struct command_line {
    std::vector<planned_row> plan;
    std::string json;    // a file, or nothing
    std::string report;  // likewise
    std::string plots;   // a folder, or nothing
};

// Reads the command line. On a bad one, `--help` or `--list`, it prints and exits. It leaves out
// servers that this machine cannot run, and says so on stderr.
command_line parse_command_line(int argc, char** argv, const machine& here);
