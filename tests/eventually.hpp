#pragma once

#include "time_limit.hpp"

#include <chrono>
#include <thread>

/// Whether a condition that another thread or process brings about holds within the time limit.
template <class Condition>
bool eventually(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + time_limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > deadline)
            return false;
        std::this_thread::yield();
    }
    return true;
}
