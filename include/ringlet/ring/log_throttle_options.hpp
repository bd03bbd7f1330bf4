#pragma once

#include <chrono>

namespace ringlet {

/// How often an event of one kind is reported.
struct log_throttle_options {
    /// Reports that may follow each other at once; 1 to a million.
    unsigned burst = 10;

    /// The time after which one more may follow; 1 ms to an hour.
    std::chrono::milliseconds interval{1000};
};

}  // namespace ringlet
