// The machine under the benchmark: what it is, and who runs on which of its CPUs.
#pragma once

#include <optional>
#include <string>

struct cpu_plan {
    std::optional<int> servers;  // nothing: not pinned, for there is only one CPU
    std::optional<int> load;
};

// The last and the first CPU this process may use: on most machines these share no physical core.
cpu_plan plan_cpus();

// Binds the calling thread, and what it starts from then on. False when the kernel refuses.
bool pin_to(std::optional<int> cpu) noexcept;

struct machine {
    std::string kernel;
    std::string cpu;
    long cpus = 0;
    std::string compiler;  // that built the load generator, and with it the servers beside it
};

machine describe_machine();
