#include "plots.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace {

// A server's figures in the order of the rows: where, and how much.
struct point {
    double x = 0;
    quartiles y;
    std::string label;
};

struct curve {
    std::string server;
    std::vector<point> points;
};

using figure = std::function<std::optional<quartiles>(const standing&)>;
using position = std::function<std::size_t(const load_settings&)>;

double microseconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double, std::micro>(time).count();
}

std::optional<quartiles> rate(const standing& server) {
    return server.messages_per_second;
}

std::optional<quartiles> cpu_ratio(const standing& server) {
    return server.cpu_ratio;
}

std::optional<quartiles> latency(const standing& server) {
    return quartiles{microseconds(server.p50), microseconds(server.p50), microseconds(server.p99)};
}

std::optional<quartiles> memory(const standing& server) {
    if (!server.bytes_per_idle)
        return std::nullopt;
    return quartiles{*server.bytes_per_idle, *server.bytes_per_idle, *server.bytes_per_idle};
}

std::vector<const result*> rows_of(const std::vector<result>& rows, const std::string& workload) {
    std::vector<const result*> found;
    for (const auto& row : rows)
        if (workload.empty() || row.workload == workload)
            found.push_back(&row);
    return found;
}

curve& curve_of(std::vector<curve>& curves, const std::string& server) {
    for (auto& present : curves)
        if (present.server == server)
            return present;
    return curves.emplace_back(curve{server, {}});
}

// In the order of the rows, which is that of the positions. Without one those rows that have such a
// figure stand side by side.
std::vector<curve> curves_of(const std::vector<const result*>& rows, const figure& y,
                             const position& x = {}) {
    std::vector<curve> curves;
    double place = 0;
    for (const result* row : rows) {
        bool any = false;
        for (const auto& server : row->standings)
            if (const auto value = y(server)) {
                curve_of(curves, server.name)
                    .points.push_back({x ? static_cast<double>(x(row->load)) : place, *value,
                                       describe(row->load)});
                any = true;
            }
        place += any ? 1 : 0;
    }
    return curves;
}

std::string in_quotes(const std::string& text) {
    std::string result = "\"";
    for (const char c : text)
        result += c == '"' || c == '\\' ? ' ' : c;
    return result + '"';
}

// A gnuplot script that makes one SVG file.
class drawing {
public:
    drawing(std::filesystem::path file, const std::string& title, std::string axis)
        : file_(std::move(file)), axis_(std::move(axis)) {
        set("title " + title).set("grid").set("key outside right top vertical");
    }

    drawing& set(const std::string& command) {
        settings_ << "set " << command << '\n';
        return *this;
    }

    // Over a common axis.
    std::string lines(const std::vector<curve>& curves) {
        set("ylabel " + in_quotes(axis_)).set("yrange [0:*]");
        return script(curves, 500, "using 1:2 with linespoints pointtype 7");
    }

    // One below the other, beside their names, with bars from the lower to the upper figure.
    std::string rows(const std::vector<curve>& curves) {
        set("xlabel " + in_quotes(axis_));
        double last = 0;
        std::string names;
        for (const auto& drawn : curves)
            for (const auto& point : drawn.points) {
                names += (names.empty() ? "" : ", ") + in_quotes(point.label) + ' ' +
                         std::to_string(point.x);
                last = std::max(last, point.x);
            }
        set("ytics (" + names + ')');
        set("yrange [" + std::to_string(last + 0.6) + ":-0.6]");
        separate(curves.size());
        const int lines = std::max(static_cast<int>(last) + 1, static_cast<int>(curves.size()));
        return script(curves, 170 + 36 * lines,
                      "using 2:1:3:4 with xerrorbars pointtype 7 linewidth 1.5");
    }

private:
    // Each server a little lower, so that none hides another.
    void separate(std::size_t servers) {
        shift_ = 0.6 / static_cast<double>(servers);
        offset_ = -shift_ * static_cast<double>(servers - 1) / 2;
    }

    std::string script(const std::vector<curve>& curves, int height, const char* style) {
        std::ostringstream text;
        text << "set terminal svg size 1000," << height << " font 'sans,13' background rgb 'white' "
             << "noenhanced\nset output " << in_quotes(file_.string()) << '\n'
             << settings_.str();
        for (std::size_t i = 0; i < curves.size(); ++i) {
            text << "$curve" << i << " << END\n";
            for (const auto& point : curves[i].points)
                text << point.x + offset_ + shift_ * static_cast<double>(i) << ' ' << point.y.median
                     << ' ' << point.y.lower << ' ' << point.y.upper << '\n';
            text << "END\n";
        }
        for (std::size_t i = 0; i < curves.size(); ++i)
            text << (i == 0 ? "plot " : ", ") << "$curve" << i << ' ' << style << " title "
                 << in_quotes(curves[i].server);
        text << '\n';
        return text.str();
    }

    std::filesystem::path file_;
    std::string axis_;
    std::ostringstream settings_;
    double shift_ = 0;
    double offset_ = 0;
};

void run_gnuplot(const std::string& script) {
    std::FILE* gnuplot = ::popen("gnuplot", "w");
    if (gnuplot == nullptr)
        throw std::system_error(errno, std::generic_category(), "popen");
    const bool written = std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
    if (const int status = ::pclose(gnuplot); !written || status != 0)
        throw std::runtime_error("gnuplot failed, or is not there");
}

}  // namespace

void write_plots(const std::string& folder, const machine& here, const std::vector<result>& rows) {
    std::filesystem::create_directories(folder);
    const auto file = [&](const char* name) { return std::filesystem::path(folder) / name; };
    const auto titled = [&](const std::string& title) {
        return in_quotes(title) + ".\"\\n\"." + in_quotes(here.kernel + ", " + here.cpu);
    };
    const auto all = rows_of(rows, "");
    const auto draw_rows = [&](const char* name, const char* title, const char* what, int base,
                               const std::vector<curve>& curves) {
        if (!curves.empty())
            run_gnuplot(drawing(file(name), titled(title), what)
                            .set("logscale x " + std::to_string(base))
                            .rows(curves));
    };
    const auto draw_scaling = [&](const char* workload, const char* name, const char* what,
                                  const position& where) {
        if (const auto some = rows_of(rows, workload); some.size() > 1)
            run_gnuplot(drawing(file(name), titled("Messages per second"), "messages/s")
                            .set("xlabel " + in_quotes(what))
                            .set("logscale x 2")
                            .lines(curves_of(some, rate, where)));
    };
    draw_rows("ratio.svg", "CPU time per message",
              "ratio to the baseline with its quartiles; less is better", 2,
              curves_of(all, cpu_ratio));
    draw_rows("latency.svg", "Latency", "us, from the median to the 99th percentile", 10,
              curves_of(all, latency));
    draw_rows("memory.svg", "Resident memory of an idle connection", "bytes", 10,
              curves_of(all, memory));
    draw_scaling("echo", "connections.svg", "connections",
                 [](const load_settings& load) { return load.connections; });
    draw_scaling("size", "size.svg", "bytes in a message",
                 [](const load_settings& load) { return load.message_bytes; });
    draw_scaling("workers", "workers.svg", "threads",
                 [](const load_settings& load) { return load.workers; });
}
