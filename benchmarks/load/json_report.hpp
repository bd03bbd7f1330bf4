// The results of the comparisons as JSON, for programs. It has every figure, with times in
// nanoseconds.
#pragma once

#include "report.hpp"

#include <iosfwd>
#include <vector>

void write_json(std::ostream& out, const machine& here, const run_summary& run,
                const std::vector<result>& rows);
