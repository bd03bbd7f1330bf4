#include "html_report.hpp"

#include "page_style.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iomanip>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

namespace {

std::string escaped(const std::string& text) {
    std::string html;
    for (const char c : text)
        html += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : std::string(1, c);
    return html;
}

std::string number(double value, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

// A server has one colour on the whole page.
class colours {
public:
    std::string of(const std::string& server) {
        const auto found = std::find(names_.begin(), names_.end(), server);
        const auto place = found - names_.begin();
        if (found == names_.end())
            names_.push_back(server);
        return "var(--c" + std::to_string(place % 8) + ")";
    }

    std::string key() {
        std::string html = "<p class=key>";
        for (const auto& name : names_)
            html += "<span><i style='background:" + of(name) + "'></i>" + escaped(name) + "</span>";
        return html + "</p>\n";
    }

private:
    std::vector<std::string> names_;
};

// Ratios from a quarter to four times, on a logarithmic axis: a loss is as long as a win.
double place_of_ratio(double ratio) {
    return 50 + 25 * std::log2(std::clamp(ratio, 0.25, 4.0));
}

enum class wanted { less, more };

std::string verdict(const quartiles& ratio, wanted direction) {
    if (ratio.upper >= 0.995 && ratio.lower < 1.005)
        return "dim";
    return (ratio.upper < 0.995) == (direction == wanted::less) ? "good" : "bad";
}

void write_ratio(std::ostream& out, const std::string& name, const std::string& colour,
                 const quartiles& ratio, wanted direction) {
    const double from = place_of_ratio(ratio.lower);
    const double to = place_of_ratio(ratio.upper);
    out << "<span>" << escaped(name)
        << "</span><svg viewBox='0 0 100 10' preserveAspectRatio='none'>"
        << "<path class=grid d='M50 0V10M25 0V10M75 0V10' stroke-width='.4'/>"
        << "<rect x='" << from << "' y='3.5' width='" << std::max(to - from, 0.4)
        << "' height='3' style='fill:" << colour << ";opacity:.45'/><rect x='"
        << place_of_ratio(ratio.median) - 0.5
        << "' y='1' width='1' height='8' style='fill:" << colour << "'/></svg><span class='num "
        << verdict(ratio, direction) << "'>" << number(ratio.median, 2) << " ["
        << number(ratio.lower, 2) << ' ' << number(ratio.upper, 2) << "]</span>\n";
}

void write_ratios(std::ostream& out, const std::vector<result>& rows, colours& colour,
                  const char* title, const char* what, quartiles standing::*ratio,
                  wanted direction) {
    out << "<section><h2>" << title << "</h2><p class=dim>" << what
        << " The middle line is the baseline, the outer two are half and twice; a bar reaches from "
           "the lower to the upper quartile.</p>\n";
    for (const auto& row : rows) {
        if (row.standings.size() < 2)
            continue;
        out << "<div><h3>" << escaped(describe(row.load)) << "</h3><div class=bars>\n";
        for (const auto& server : row.standings)
            if (&server != &row.standings.front())
                write_ratio(out, server.name, colour.of(server.name), server.*ratio, direction);
        out << "</div></div>\n";
    }
    out << "</section>\n";
}

using points = std::vector<std::pair<double, double>>;

struct curve {
    std::string server;
    points at;
};

// An axis in equal steps of a power of ten or of two.
struct axis {
    double first, last;  // logarithms
    double from, to;     // where these are drawn

    double place(double value) const {
        return from + (std::log10(value) - first) / std::max(last - first, 1e-9) * (to - from);
    }
};

axis axis_of(const std::vector<curve>& curves, double points::value_type::*coordinate, double from,
             double to) {
    double low = 1e300;
    double high = 1e-300;
    for (const auto& drawn : curves)
        for (const auto& point : drawn.at) {
            low = std::min(low, point.*coordinate);
            high = std::max(high, point.*coordinate);
        }
    return {std::log10(low), std::log10(high), from, to};
}

std::string short_number(double value) {
    if (value >= 1e6)
        return number(value / 1e6, value < 1e7 ? 1 : 0) + "M";
    return value >= 1e4 ? number(value / 1e3, 0) + "k" : number(value, value < 10 ? 1 : 0);
}

void write_plot(std::ostream& out, const std::vector<curve>& curves, colours& colour,
                const std::vector<std::pair<double, std::string>>& x_labels, const char* y_label) {
    const axis x = axis_of(curves, &points::value_type::first, 70, 770);
    axis y = axis_of(curves, &points::value_type::second, 280, 30);
    y.first = std::floor(y.first * 3) / 3;
    y.last = std::max(std::ceil(y.last * 3) / 3, y.first + 1.0 / 3);
    out << "<svg class=plot viewBox='0 0 800 320'><text x='4' y='14'>" << y_label << "</text>\n";
    for (int step = 0; step <= std::lround((y.last - y.first) * 3); ++step) {
        const double value = std::pow(10, y.first + step / 3.0);
        out << "<path class=grid d='M70 " << y.place(value) << "H770'/><text x='62' y='"
            << y.place(value) + 4 << "' text-anchor='end'>" << short_number(value) << "</text>\n";
    }
    for (const auto& [value, text] : x_labels)
        out << "<text x='" << x.place(value) << "' y='304' text-anchor='middle'>" << text
            << "</text>\n";
    for (const auto& drawn : curves) {
        out << "<g style='stroke:" << colour.of(drawn.server) << ";fill:" << colour.of(drawn.server)
            << "'><polyline fill='none' stroke-width='2' points='";
        for (const auto& [at, value] : drawn.at)
            out << x.place(at) << ',' << y.place(value) << ' ';
        out << "'/>";
        for (const auto& [at, value] : drawn.at)
            out << "<circle cx='" << x.place(at) << "' cy='" << y.place(value) << "' r='3'/>";
        out << "</g>\n";
    }
    out << "</svg>\n";
}

// From the median to one in a thousand, each nine of them as far as the one before.
void write_latencies(std::ostream& out, const std::vector<result>& rows, colours& colour) {
    out << "<section><h2>Latency</h2><p class=dim>Microseconds, by how many messages in a hundred "
           "were faster; lower is better. In a closed loop it follows from the rate; in the open "
           "loop of <q>% of rate</q> it counts from when a message was due.</p>\n";
    for (const auto& row : rows) {
        std::vector<curve> curves;
        for (const auto& server : row.standings)
            curves.push_back({server.name,
                              {{2, microseconds(server.p50)},
                               {10, microseconds(server.p90)},
                               {100, microseconds(server.p99)},
                               {1000, microseconds(server.p999)}}});
        out << "<div><h3>" << escaped(describe(row.load)) << "</h3>" << colour.key();
        write_plot(out, curves, colour, {{2, "50"}, {10, "90"}, {100, "99"}, {1000, "99.9"}}, "us");
        out << "</div>\n";
    }
    out << "</section>\n";
}

void write_scaling(std::ostream& out, const std::vector<result>& rows, colours& colour) {
    std::vector<curve> curves;
    std::vector<std::pair<double, std::string>> labels;
    for (const auto& row : rows) {
        if (row.workload != "echo")
            continue;
        const auto connections = static_cast<double>(row.load.connections);
        labels.emplace_back(connections, std::to_string(row.load.connections));
        for (const auto& server : row.standings) {
            const auto found = std::find_if(curves.begin(), curves.end(), [&](const curve& one) {
                return one.server == server.name;
            });
            auto& mine =
                found == curves.end() ? curves.emplace_back(curve{server.name, {}}) : *found;
            mine.at.emplace_back(connections, server.messages_per_second.median);
        }
    }
    if (labels.size() < 2)
        return;
    out << "<section><h2>Messages per second, by connections</h2><div>" << colour.key();
    write_plot(out, curves, colour, labels, "messages/s");
    out << "</div></section>\n";
}

void write_tables(std::ostream& out, const std::vector<result>& rows) {
    out << "<section><h2>Figures</h2>\n";
    for (const auto& row : rows) {
        out << "<div><h3>" << escaped(describe(row.load)) << "</h3><p class=dim>"
            << number(100 * row.stolen, 1) << " % stolen";
        if (row.wake_up)
            out << "; waking a CPU takes " << number(microseconds(*row.wake_up), 0) << " us";
        out << "</p><table><tr><th>server<th>CPU us/msg<th>ratio<th>msgs/s<th>ratio<th>p50 us"
               "<th>p99 us<th>p99.9 us\n";
        for (const auto& server : row.standings)
            out << "<tr><td>" << escaped(server.name) << "<td>"
                << number(server.cpu_ns_per_message.median / 1000, 2)
                << "<td class=" << verdict(server.cpu_ratio, wanted::less) << '>'
                << number(server.cpu_ratio.median, 2) << "<td>"
                << number(server.messages_per_second.median, 0)
                << "<td class=" << verdict(server.rate_ratio, wanted::more) << '>'
                << number(server.rate_ratio.median, 2) << "<td>"
                << number(microseconds(server.p50), 0) << "<td>"
                << number(microseconds(server.p99), 0) << "<td>"
                << number(microseconds(server.p999), 0) << '\n';
        out << "</table></div>\n";
    }
    out << "</section>\n";
}

}  // namespace

void write_html(std::ostream& out, const machine& here, const run_summary& run,
                const std::vector<result>& rows) {
    colours colour;
    for (const auto& row : rows)
        for (const auto& server : row.standings)
            colour.of(server.name);
    out << "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
           "content='width=device-width, initial-scale=1'><title>ringlet: "
           "benchmarks</title>\n<style>"
        << page_style << "</style>\n<h1>Servers, side by side</h1><p class="
        << (run.stolen > stolen_share_max ? "busy" : "dim") << '>' << describe(run) << "</p><p>"
        << escaped(here.kernel + ", " + here.cpu + ", " + std::to_string(here.cpus)) << " CPUs, "
        << escaped(here.ring) << "</p><p class=dim>"
        << escaped(here.compiler + ", " + here.libraries) << "</p>\n"
        << colour.key();
    write_ratios(out, rows, colour, "CPU time per message", "Ratios; left is better.",
                 &standing::cpu_ratio, wanted::less);
    write_ratios(out, rows, colour, "Messages per second", "Ratios; right is better.",
                 &standing::rate_ratio, wanted::more);
    write_scaling(out, rows, colour);
    write_latencies(out, rows, colour);
    write_tables(out, rows);
}
