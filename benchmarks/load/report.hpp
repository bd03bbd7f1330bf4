// What a comparison found, for people and for programs.
#pragma once

#include "comparison.hpp"
#include "machine.hpp"

#include <iosfwd>
#include <string>
#include <vector>

// "64 connections, 64 B, 16 in flight"
std::string describe(const load_settings& load);

// The machine and the method, then the names of the columns. Once per table.
void print_heading(std::ostream& out, const machine& here, const cpu_plan& cpus,
                   const comparison_settings& settings);

// One line per server, aligned with the heading.
void print_row(std::ostream& out, const load_settings& load,
               const std::vector<standing>& standings);

// Everything, times in nanoseconds.
void write_json(std::ostream& out, const machine& here, const comparison_settings& settings,
                const std::vector<standing>& standings);
