#include "available_cpus.hpp"

#include <sched.h>

namespace ringlet::detail {

std::vector<unsigned> available_cpus() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    std::vector<unsigned> numbers;
    if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
        for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(cpu, &allowed))
                numbers.push_back(cpu);
    if (numbers.empty())
        numbers.push_back(0);
    return numbers;
}

}  // namespace ringlet::detail
