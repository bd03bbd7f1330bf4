// The results of the comparisons, as SVG drawings made by gnuplot.
#pragma once

#include "report.hpp"

#include <string>
#include <vector>

// Draws, into `folder`, which is made if need be, the plots for which there are rows: the CPU
// ratios with their quartiles, latencies, scaling with connections, with message size and with
// workers, and the memory of an idle connection. Throws std::system_error, or std::runtime_error if
// gnuplot fails.
void write_plots(const std::string& folder, const machine& here, const std::vector<result>& rows);
