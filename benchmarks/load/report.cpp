#include "report.hpp"

#include <iomanip>
#include <ostream>
#include <sstream>
#include <string_view>

namespace {

// A line of the table, left to right; the heading is one too.
struct line {
    std::string row, server, cpu, cpu_ratio, rate, rate_ratio, p50, p99, p999, note;
};

void print_line(std::ostream& out, const line& cells) {
    const auto words = [&](int width, const std::string& text) {
        out << std::left << std::setw(width) << text << "  ";
    };
    const auto figure = [&](int width, const std::string& text) {
        out << std::right << std::setw(width) << text << "  ";
    };
    words(46, cells.row);
    words(16, cells.server);
    figure(10, cells.cpu);
    words(23, cells.cpu_ratio);
    figure(8, cells.rate);
    words(23, cells.rate_ratio);
    figure(6, cells.p50);
    figure(6, cells.p99);
    out << std::setw(8) << cells.p999 << (cells.note.empty() ? "" : "  ") << cells.note << '\n';
}

std::string fixed(double value, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

enum class wanted { less, more };

// A difference counts when three quarters of the pairs show it, and the two digits we print do too.
std::string_view verdict(const quartiles& ratio, wanted direction) {
    if (ratio.upper < 0.995)
        return direction == wanted::less ? "better" : "worse";
    if (ratio.lower >= 1.005)
        return direction == wanted::less ? "worse" : "better";
    return "even";
}

std::string ratio_cell(const quartiles& ratio, wanted direction) {
    std::ostringstream cell;
    cell << fixed(ratio.median, 2) << " [" << fixed(ratio.lower, 2) << ' ' << fixed(ratio.upper, 2)
         << "] " << verdict(ratio, direction);
    return cell.str();
}

std::string microseconds(std::chrono::nanoseconds time) {
    return fixed(std::chrono::duration<double, std::micro>(time).count(), 0);
}

// What belongs to the row as a whole stands beside its first server.
std::string note_on(const standing& server, const result& row) {
    std::string note;
    if (&server == &row.standings.front()) {
        if (row.wake_up)
            note += "waking a CPU takes " + microseconds(*row.wake_up) + " us ";
        if (row.stolen > stolen_share_max)
            note += fixed(100 * row.stolen, 0) + " % stolen ";
    }
    if (server.bytes_per_idle)
        note += fixed(*server.bytes_per_idle, 0) + " B per idle connection ";
    if (server.lost > 0)
        note += std::to_string(server.lost) + " datagrams lost ";
    if (row.cpus.servers.empty())
        note += "not pinned ";
    if (!note.empty())
        note.pop_back();
    return note;
}

}  // namespace

void print_heading(std::ostream& out, const machine& here, const comparison_settings& settings) {
    out << here.kernel << ", " << here.cpu << ", " << here.cpus << " CPUs, " << here.ring << ", "
        << here.compiler << '\n'
        << here.libraries << '\n'
        << "closed loop on loopback, slices of " << settings.slice.count() << " ms in turn, "
        << settings.length.count() << " s a row\n"
        << "all servers of a row share a CPU, or one for each worker; the load has another\n"
        << "ratios: median [quartiles] over pairs of slices; even: the quartiles include 1\n\n";
    print_line(out, {"row", "server", "CPU us/msg", "ratio (less is better)", "msgs/s",
                     "ratio (more is better)", "p50 us", "p99 us", "p99.9 us", ""});
}

void print_row(std::ostream& out, const result& row) {
    std::string title = describe(row.load);
    for (const auto& server : row.standings) {
        const bool baseline = &server == &row.standings.front();
        print_line(out, {title, server.name, fixed(server.cpu_ns_per_message.median / 1000, 2),
                         baseline ? "1.00 baseline" : ratio_cell(server.cpu_ratio, wanted::less),
                         fixed(server.messages_per_second.median, 0),
                         baseline ? "1.00 baseline" : ratio_cell(server.rate_ratio, wanted::more),
                         microseconds(server.p50), microseconds(server.p99),
                         microseconds(server.p999), note_on(server, row)});
        title.clear();
    }
    out.flush();
}

std::string describe(const run_summary& run) {
    const std::string share = fixed(100 * run.stolen, 1) + " % of the CPU time was stolen";
    return run.stolen > stolen_share_max
               ? "BUSY HOST: " + share + ": read the quartiles, and measure again later"
               : share;
}

void print_summary(std::ostream& out, const run_summary& run) {
    out << '\n' << describe(run) << '\n';
}
