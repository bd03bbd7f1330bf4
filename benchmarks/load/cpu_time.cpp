#include "cpu_time.hpp"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>

namespace {

using std::chrono::nanoseconds;
namespace fs = std::filesystem;

// Time on the CPU is the first of the file's three figures. A thread that is gone reads as nothing.
nanoseconds thread_time(const fs::path& task) {
    std::int64_t on_cpu = 0;
    std::ifstream(task / "schedstat") >> on_cpu;
    return nanoseconds(on_cpu);
}

// cutime and cstime, the 16th and 17th fields of proc(5)'s stat; the second, the name, may hold
// anything.
nanoseconds reaped_children_time(const fs::path& process) {
    std::ifstream stat(process / "stat");
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
    const fs::path process = "/proc/" + std::to_string(pid);
    nanoseconds total = reaped_children_time(process);
    std::error_code gone;  // threads come and go while we look
    for (fs::directory_iterator task(process / "task", gone), last; !gone && task != last;
         task.increment(gone)) {
        total += thread_time(task->path());
        std::ifstream children(task->path() / "children");
        for (pid_t child = 0; children >> child;)
            total += cpu_time_of(child);
    }
    return total;
}
