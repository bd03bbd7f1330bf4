#pragma once

#include "time_limit.hpp"

#include <semaphore>
#include <stdexcept>
#include <string>

/// A point that one thread reaches, once or several times, while a test in another thread waits for
/// it.
class milestone {
public:
    explicit milestone(std::string name) : name_(std::move(name)) {}

    void reach() { reached_.release(); }

    /// Waits until the point has been reached once more than it has been awaited. Throws
    /// std::runtime_error after the time limit.
    void await() {
        if (!reached_.try_acquire_for(time_limit))
            throw std::runtime_error("waited in vain: " + name_);
    }

private:
    std::string name_;
    std::counting_semaphore<> reached_{0};
};
