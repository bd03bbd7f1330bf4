#pragma once

#include "virtual_time_ring.hpp"

#include <chrono>

/// A ring on which time passes when a test says so too, as it does while code runs.
class passing_time_ring final : public virtual_time_ring {
public:
    [[nodiscard]] clock::time_point now() const noexcept override {
        return virtual_time_ring::now() + passed;
    }
    std::chrono::nanoseconds passed{0};
};
