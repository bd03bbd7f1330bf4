// The results of the comparisons, as a table for people.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"
#include "stolen_time.hpp"

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

// A row that has been measured.
struct result {
    std::string workload;
    load_settings load;
    comparison_settings settings;
    cpu_plan cpus;
    std::vector<standing> standings;
    double stolen = 0;  // share of the CPUs' time, while the row was measured
    std::optional<std::chrono::nanoseconds> wake_up = {};  // of a CPU, beside one connection
};

// What is known of a run when it is over.
struct run_summary {
    double stolen = 0;  // share of the CPUs' time
};

// "7.3 % of the CPU time was stolen", with what that means where it is too much.
std::string describe(const run_summary& run);

// Prints the machine and the method, then the names of the columns; once per table.
void print_heading(std::ostream& out, const machine& here, const comparison_settings& settings);

// Prints one line per server, aligned with the heading.
void print_row(std::ostream& out, const result& row);

// Prints what the whole table is worth.
void print_summary(std::ostream& out, const run_summary& run);
