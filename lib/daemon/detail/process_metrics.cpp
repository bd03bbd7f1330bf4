#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace ringlet::daemon::detail {

namespace {

/// The fields of a file of one line. Those of /proc/self/stat are counted behind the name of the
/// program, which may have spaces and parentheses in it.
std::vector<std::string> fields_of(const char* path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    if (const auto name = line.rfind(')'); name != std::string::npos)
        line.erase(0, name + 1);
    std::istringstream words(line);
    return {std::istream_iterator<std::string>(words), {}};
}

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The time at which the machine was booted, since the epoch.
double boot_time() {
    std::ifstream file("/proc/stat");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("btime "))
            return std::stod(line.substr(6));
    return 0;
}

void write_memory(metrics_text& out) {
    const std::vector<std::string> pages = fields_of("/proc/self/statm");
    if (pages.size() < 2)
        return;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    out.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", {},
              std::stoull(pages[0]) * page);
    out.gauge("process_resident_memory_bytes", "Resident memory size in bytes.", {},
              std::stoull(pages[1]) * page);
}

void write_descriptors(metrics_text& out) {
    std::error_code error;
    const std::filesystem::directory_iterator open("/proc/self/fd", error);
    if (!error) {
        // Less that by which the directory is read.
        const auto number = std::distance(begin(open), end(open)) - 1;
        out.gauge("process_open_fds", "Number of open file descriptors.", {}, number);
    }
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0)
        out.gauge("process_max_fds", "Maximum number of open file descriptors.", {},
                  limit.rlim_cur);
}

}  // namespace

void write_process(metrics_text& out) {
    rusage used{};
    if (::getrusage(RUSAGE_SELF, &used) == 0)
        out.counter("process_cpu_seconds_total", "Total user and system CPU time in seconds.", {},
                    seconds_of(used.ru_utime) + seconds_of(used.ru_stime));
    constexpr std::size_t starttime = 22 - 3;  // proc(5) counts from 1, and two fields are cut off
    const std::vector<std::string> stat = fields_of("/proc/self/stat");
    if (stat.size() > starttime)
        out.gauge("process_start_time_seconds",
                  "Start time of the process since unix epoch in seconds.", {},
                  boot_time() +
                      std::stod(stat[starttime]) / static_cast<double>(::sysconf(_SC_CLK_TCK)));
    write_memory(out);
    write_descriptors(out);
}

}  // namespace ringlet::daemon::detail
