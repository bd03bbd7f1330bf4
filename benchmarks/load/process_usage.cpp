#include "process_usage.hpp"

#include <unistd.h>

#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>
#include <vector>

namespace {

using std::chrono::nanoseconds;
namespace fs = std::filesystem;

fs::path folder_of(pid_t pid) {
    return "/proc/" + std::to_string(pid);
}

std::vector<pid_t> children_of(pid_t pid) {
    std::vector<pid_t> found;
    std::error_code gone;  // threads come and go while we look
    for (fs::directory_iterator task(folder_of(pid) / "task", gone), last; !gone && task != last;
         task.increment(gone)) {
        std::ifstream children(task->path() / "children");
        for (pid_t child = 0; children >> child;)
            found.push_back(child);
    }
    return found;
}

// A process that is gone reads as nothing.
nanoseconds own_time(pid_t pid) {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0)
        return nanoseconds(0);
    return std::chrono::seconds(used.tv_sec) + nanoseconds(used.tv_nsec);
}

// cutime and cstime, the 16th and 17th fields of proc(5)'s stat; the second, the name, may hold
// anything.
nanoseconds reaped_children_time(pid_t pid) {
    std::ifstream stat(folder_of(pid) / "stat");
    stat.ignore(std::numeric_limits<std::streamsize>::max(), ')');
    std::string skipped;
    for (int field = 3; field < 16; ++field)
        stat >> skipped;
    std::int64_t user_ticks = 0;
    std::int64_t system_ticks = 0;
    stat >> user_ticks >> system_ticks;
    return nanoseconds((user_ticks + system_ticks) * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)));
}

}  // namespace

nanoseconds cpu_time_of(pid_t pid) {
    nanoseconds total = own_time(pid) + reaped_children_time(pid);
    for (const pid_t child : children_of(pid))
        total += cpu_time_of(child);
    return total;
}

std::optional<std::size_t> memory_of(pid_t pid) {
    std::optional<std::size_t> total;
    std::ifstream rollup(folder_of(pid) / "smaps_rollup");
    for (std::string word; rollup >> word;)
        if (std::size_t kib = 0; word == "Pss:" && rollup >> kib)
            total = kib * 1024;
    if (total)
        for (const pid_t child : children_of(pid))
            *total += memory_of(child).value_or(0);
    return total;
}
