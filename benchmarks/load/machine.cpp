#include "machine.hpp"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <fstream>

namespace {

std::string cpu_model(const char* architecture) {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return architecture;  // not every architecture names its model
}

}  // namespace

cpu_plan plan_cpus() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2)
        return {};
    int first = 0;
    while (!CPU_ISSET(first, &allowed))
        ++first;
    int last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &allowed))
        --last;
    return {.servers = last, .load = first};
}

bool pin_to(std::optional<int> cpu) noexcept {
    if (!cpu)
        return true;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(*cpu, &only);
    return ::sched_setaffinity(0, sizeof only, &only) == 0;
}

machine describe_machine() {
    utsname system{};
    ::uname(&system);
    machine here;
    here.kernel = std::string(system.sysname) + ' ' + system.release + ' ' + system.machine;
    here.cpu = cpu_model(system.machine);
    here.cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __clang__
    here.compiler = "Clang " __clang_version__;
#else
    here.compiler = "GCC " __VERSION__;
#endif
    return here;
}
