// The results of the comparisons as one page, for people who would rather look than read. It needs
// nothing but a browser: styles and drawings are in it.
#pragma once

#include "report.hpp"

#include <iosfwd>
#include <vector>

// Writes the machine, a drawing for each figure that there are rows of, and the tables.
void write_html(std::ostream& out, const machine& here, const run_summary& run,
                const std::vector<result>& rows);
