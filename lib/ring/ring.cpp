#include <ringlet/ring/ring.hpp>

#include <ctime>

namespace ringlet {

std::chrono::nanoseconds ring::cpu_time() const noexcept {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace ringlet
