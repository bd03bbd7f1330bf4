#pragma once

#include "time_limit.hpp"

#include <semaphore>
#include <stdexcept>
#include <string>

/// A point that one thread reaches, once or several times, and that a test in another waits for.
class milestone {
public:
    explicit milestone(std::string name) : name_(std::move(name)) {}

    void reach() { reached_.release(); }

    /// Waits for it to be reached once more than it has been awaited; throws after the time limit.
    void await() {
        if (!reached_.try_acquire_for(time_limit))
            throw std::runtime_error("waited in vain: " + name_);
    }

private:
    std::string name_;
    std::counting_semaphore<> reached_{0};
};
