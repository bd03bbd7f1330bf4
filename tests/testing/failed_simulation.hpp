#pragma once

#include "captured_stderr.hpp"

#include <ringlet/testing/simulate.hpp>

#include <cstdint>
#include <string>

/// How a simulation has failed that was meant to.
struct failed_simulation {
    std::string text;  // none where it has passed
    std::uint64_t seed = 0;
    std::string written{};  // to stderr

    [[nodiscard]] bool says(const std::string& words) const {
        return text.find(words) != std::string::npos;
    }
};

/// Calls `run()`, which simulates, and keeps what it fails with.
template <class Run>
failed_simulation failure_of(const Run& run) {
    const captured_stderr written;
    try {
        static_cast<void>(run());
    } catch (const ringlet::testing::simulation_failed& failed) {
        return {failed.what(), failed.seed(), written.text()};
    }
    return {{}, 0, written.text()};
}

/// Simulates a scenario that is meant to fail, under one seed and without faults.
inline failed_simulation failure_without_faults(const ringlet::testing::scenario& body) {
    return failure_of([&] {
        return ringlet::testing::simulate(
            {.seeds = 1, .faults = ringlet::testing::fault_options::none()}, body);
    });
}
