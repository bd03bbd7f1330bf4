// The results of the comparisons, as a table for people.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"

#include <iosfwd>
#include <string>
#include <vector>

// A row that has been measured.
struct result {
    std::string workload;
    load_settings load;
    comparison_settings settings;
    cpu_plan cpus;
    std::vector<standing> standings;
};

// Prints the machine and the method, then the names of the columns; once per table.
void print_heading(std::ostream& out, const machine& here, const comparison_settings& settings);

// Prints one line per server, aligned with the heading.
void print_row(std::ostream& out, const result& row);
