#include "machine.hpp"

#include <liburing.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

namespace {

std::string cpu_model(const char* architecture) {
    std::ifstream cpuinfo("/proc/cpuinfo");
    for (std::string line; std::getline(cpuinfo, line);)
        if (line.starts_with("model name"))
            if (const auto colon = line.find(": "); colon != std::string::npos)
                return line.substr(colon + 2);
    return architecture;  // not every architecture names its model
}

// How a ring of these flags can be had: 0, or the error.
int try_ring(unsigned flags) {
    io_uring_params parameters{};
    parameters.flags = flags;
    const long fd = ::syscall(SYS_io_uring_setup, 8, &parameters);
    if (fd < 0)
        return errno;
    ::close(static_cast<int>(fd));
    return 0;
}

std::string describe_ring(int error) {
    if (error != 0)
        return std::string("no io_uring: ") + std::strerror(error);
    constexpr unsigned deferred = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    return try_ring(deferred) == 0 ? "io_uring, DEFER_TASKRUN" : "io_uring";
}

}  // namespace

cpu_list usable_cpus() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return {};
    cpu_list all;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &allowed))
            all.push_back(cpu);
    return all;
}

cpu_plan plan_cpus(std::size_t workers) {
    const cpu_list all = usable_cpus();
    if (all.size() < workers + 1)
        return {};
    const auto first_of_servers = all.end() - static_cast<std::ptrdiff_t>(workers);
    return {.servers = {first_of_servers, all.end()}, .load = {all.front()}};
}

bool pin_to(const cpu_list& cpus) noexcept {
    if (cpus.empty())
        return true;
    cpu_set_t only;
    CPU_ZERO(&only);
    for (const int cpu : cpus)
        CPU_SET(cpu, &only);
    return ::sched_setaffinity(0, sizeof only, &only) == 0;
}

std::string to_string(const cpu_list& cpus) {
    std::string text;
    for (const int cpu : cpus)
        text += (text.empty() ? "" : ", ") + std::to_string(cpu);
    return text;
}

machine describe_machine() {
    utsname system{};
    ::uname(&system);
    machine here;
    // In a thread that ends with its rings: what closing one leaves behind comes later, as a signal
    // would, and interrupts whatever its thread waits for then.
    std::thread([&here] {
        const int ring_error = try_ring(0);
        here.has_io_uring = ring_error == 0;
        here.ring = describe_ring(ring_error);
    }).join();
    here.kernel = std::string(system.sysname) + ' ' + system.release + ' ' + system.machine;
    here.cpu = cpu_model(system.machine);
    here.cpus = ::sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __clang__
    here.compiler = "Clang " __clang_version__;
#else
    here.compiler = "GCC " __VERSION__;
#endif
    here.libraries = LIBRARIES;
    return here;
}
