// The machine under the benchmark, and the CPUs on which the servers and the load run.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

using cpu_list = std::vector<int>;

// The CPUs that this process may use now.
cpu_list usable_cpus();

// The CPUs of the servers and of the load. Empty lists stand for no pinning, since there are not
// enough CPUs for both.
struct cpu_plan {
    cpu_list servers;
    cpu_list load;
};

// The last and the first CPUs this process may use: on most machines these share no physical core.
// Chooses a CPU for each worker of the servers, and one for the load, which is a single thread.
cpu_plan plan_cpus(std::size_t workers);

// Binds the calling thread, and the threads and processes that it starts from then on, to `cpus`;
// an empty list leaves it as it is. False if the kernel refuses.
bool pin_to(const cpu_list& cpus) noexcept;

// "1", "2, 3"
std::string to_string(const cpu_list& cpus);

struct machine {
    bool has_io_uring = false;
    std::string ring;  // "io_uring, DEFER_TASKRUN", or why there is none
    std::string kernel;
    std::string cpu;
    long cpus = 0;
    std::string compiler;   // that built the load generator, and with it the servers beside it
    std::string libraries;  // of these servers, with their versions
};

machine describe_machine();
