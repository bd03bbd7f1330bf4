#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace ringlet::testing::detail {

/// Watches the runs of a campaign from outside: a run that blocks the thread, or crashes the
/// program, says under which seed it did so.
class run_watch {
public:
    /// Begins to watch the runs of this thread. `blocked_max` is the longest time between two calls
    /// of `begin`, or two steps.
    explicit run_watch(std::chrono::seconds blocked_max);
    run_watch(const run_watch&) = delete;
    run_watch& operator=(const run_watch&) = delete;
    ~run_watch();

    /// Notes that a run begins.
    void begin(std::uint64_t seed) noexcept;

    /// Notes that the run has ended: a crash from now on has nothing to do with its seed.
    void end() noexcept;

    /// Notes whether a function that was given to offload runs.
    static void offloads(bool runs) noexcept { offloaded = runs; }

    /// Notes that the present run goes on. Cheap.
    static void went_on() noexcept { progress.fetch_add(1, std::memory_order_relaxed); }

    /// Has a sentence written beside the seed, if the program crashes in the present run.
    static void add_last_words(std::string_view sentence) noexcept;

private:
    void watch(std::chrono::seconds blocked_max);

    static std::atomic<std::uint64_t> progress;
    static std::atomic<bool> offloaded;

    std::mutex mutex_;
    std::condition_variable ended_;
    bool ending_ = false;
    std::vector<std::byte> signal_stack_;
    stack_t stack_before_{};
    std::thread thread_;
};

/// The command that repeats what this program does under a seed.
[[nodiscard]] std::string repeating_command(std::uint64_t seed);

}  // namespace ringlet::testing::detail
