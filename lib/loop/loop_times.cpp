#include "base/detail/shared_memory.hpp"

#include <ringlet/loop/detail/loop_stopwatch.hpp>
#include <ringlet/loop/loop_times.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>

namespace ringlet {

namespace {

// As many loops as a large machine has CPUs count without getting into each other's way.
constexpr std::size_t stopwatches_max = 64;

struct stopwatches {
    std::atomic<std::size_t> taken{0};
    std::array<detail::loop_stopwatch, stopwatches_max> all;
};

// Set once. What it points to is never freed, since a thread may count up to the end of the
// process.
std::atomic<const detail::shared_memory<stopwatches>*> measured = nullptr;
std::mutex beginning;

}  // namespace

void measure_loops() {
    const std::lock_guard one_at_a_time(beginning);
    if (measured.load(std::memory_order_relaxed) != nullptr)
        return;
    auto shared = std::make_unique<detail::shared_memory<stopwatches>>(1);
    measured.store(shared.release(), std::memory_order_release);
}

loop_times measured_loop_times() noexcept {
    loop_times sums;
    if (const auto* const shared = measured.load(std::memory_order_acquire))
        for (const detail::loop_stopwatch& one : (*shared)->all) {
            one.turns.add_to(sums.turns);
            one.waits.add_to(sums.waits);
        }
    return sums;
}

detail::loop_stopwatch* detail::loop_stopwatch::take() noexcept {
    const auto* const shared = measured.load(std::memory_order_acquire);
    if (shared == nullptr)
        return nullptr;
    stopwatches& stopped = **shared;
    return &stopped.all[stopped.taken.fetch_add(1, std::memory_order_relaxed) % stopwatches_max];
}

}  // namespace ringlet
