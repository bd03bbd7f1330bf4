// The results of the comparisons, as SVG drawings made by gnuplot.
#pragma once

#include "report.hpp"

#include <string>
#include <vector>

// Draws what there are rows for into `folder`, which is made if need be: the CPU ratios with their
// quartiles, latencies, scaling with connections, with message size and with workers, and the
// memory of an idle connection. Throws std::system_error, or std::runtime_error where gnuplot
// fails.
void write_plots(const std::string& folder, const machine& here, const std::vector<result>& rows);
