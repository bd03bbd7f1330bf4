#include "report.hpp"

#include <iomanip>
#include <ostream>
#include <sstream>
#include <string_view>

namespace {

// A line of the table, left to right; the heading is one too.
struct line {
    std::string row, server, cpu, cpu_ratio, rate, rate_ratio, p50, p99;
};

void print_line(std::ostream& out, const line& cells) {
    const auto words = [&](int width, const std::string& text) {
        out << std::left << std::setw(width) << text << "  ";
    };
    const auto figure = [&](int width, const std::string& text) {
        out << std::right << std::setw(width) << text << "  ";
    };
    words(36, cells.row);
    words(16, cells.server);
    figure(10, cells.cpu);
    words(23, cells.cpu_ratio);
    figure(8, cells.rate);
    words(23, cells.rate_ratio);
    figure(6, cells.p50);
    out << std::setw(6) << cells.p99 << '\n';
}

std::string fixed(double value, int digits) {
    std::ostringstream text;
    text << std::fixed << std::setprecision(digits) << value;
    return text.str();
}

std::string size_of(std::size_t bytes) {
    if (bytes >= 1024 && bytes % 1024 == 0)
        return std::to_string(bytes / 1024) + " KiB";
    return std::to_string(bytes) + " B";
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

std::string quoted(std::string_view text) {
    std::ostringstream json;
    json << '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            json << '\\' << c;
        else if (static_cast<unsigned char>(c) < 0x20)
            json << ' ';
        else
            json << c;
    }
    json << '"';
    return json.str();
}

void write_quartiles(std::ostream& out, std::string_view name, const quartiles& value) {
    out << "      " << quoted(name) << ": {\"lower\": " << value.lower
        << ", \"median\": " << value.median << ", \"upper\": " << value.upper << "},\n";
}

void write_standing(std::ostream& out, const standing& one) {
    out << "    {\n      \"name\": " << quoted(one.name) << ",\n";
    write_quartiles(out, "cpu_ratio", one.cpu_ratio);
    write_quartiles(out, "rate_ratio", one.rate_ratio);
    write_quartiles(out, "cpu_ns_per_message", one.cpu_ns_per_message);
    write_quartiles(out, "messages_per_second", one.messages_per_second);
    out << "      \"p50_ns\": " << one.p50.count() << ",\n      \"p99_ns\": " << one.p99.count()
        << ",\n      \"slices\": " << one.slices << "\n    }";
}

}  // namespace

std::string describe(const load_settings& load) {
    const std::string count = std::to_string(load.connections);
    const std::string size = size_of(load.message_bytes);
    if (load.reconnect)
        return "connect-echo-close, " + count + " at once, " + size;
    const std::string in_flight =
        load.pipeline > 1 ? ", " + std::to_string(load.pipeline) + " in flight" : "";
    return count + (load.connections == 1 ? " connection, " : " connections, ") + size + in_flight;
}

void print_heading(std::ostream& out, const machine& here, const cpu_plan& cpus,
                   const comparison_settings& settings) {
    out << here.kernel << ", " << here.cpu << ", " << here.cpus << " CPUs, " << here.compiler
        << '\n';
    if (cpus.servers)
        out << "all servers on CPU " << *cpus.servers << ", the load on CPU " << *cpus.load << "; ";
    else
        out << "one CPU only: nothing is pinned, servers and load compete; ";
    out << "closed loop on loopback, slices of " << settings.slice.count() << " ms in turn, "
        << settings.length.count() << " s a row\n"
        << "ratios: median [quartiles] over pairs of slices; even: the quartiles include 1\n\n";
    print_line(out, {"row", "server", "CPU us/msg", "ratio (less is better)", "msgs/s",
                     "ratio (more is better)", "p50 us", "p99 us"});
}

void print_row(std::ostream& out, const load_settings& load,
               const std::vector<standing>& standings) {
    std::string title = describe(load);
    for (const auto& one : standings) {
        const bool baseline = &one == &standings.front();
        print_line(out, {title, one.name, fixed(one.cpu_ns_per_message.median / 1000, 2),
                         baseline ? "1.00 baseline" : ratio_cell(one.cpu_ratio, wanted::less),
                         fixed(one.messages_per_second.median, 0),
                         baseline ? "1.00 baseline" : ratio_cell(one.rate_ratio, wanted::more),
                         microseconds(one.p50), microseconds(one.p99)});
        title.clear();
    }
}

void write_json(std::ostream& out, const machine& here, const comparison_settings& settings,
                const std::vector<standing>& standings) {
    const load_settings& load = settings.load;
    out << std::setprecision(9) << "{\n  \"row\": " << quoted(describe(load))
        << ",\n  \"kernel\": " << quoted(here.kernel) << ",\n  \"cpu\": " << quoted(here.cpu)
        << ",\n  \"cpus\": " << here.cpus << ",\n  \"compiler\": " << quoted(here.compiler)
        << ",\n  \"connections\": " << load.connections
        << ",\n  \"message_bytes\": " << load.message_bytes
        << ",\n  \"pipeline\": " << load.pipeline << ",\n  \"reconnect\": " << std::boolalpha
        << load.reconnect << ",\n  \"seconds\": " << settings.length.count()
        << ",\n  \"slice_ms\": " << settings.slice.count() << ",\n  \"servers\": [\n";
    for (const auto& one : standings) {
        write_standing(out, one);
        out << (&one == &standings.back() ? "\n" : ",\n");
    }
    out << "  ]\n}\n";
}
