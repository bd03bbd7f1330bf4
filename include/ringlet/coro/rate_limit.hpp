#pragma once

#include <cstddef>

namespace ringlet {

/// How often something may happen.
struct rate_limit {
    /// How many times a second in the long run, such as 1000 or 0.5; 0 is any number of times.
    double per_second = 0;

    /// How many times at once after a quiet time; 0 stands for as many as a second brings.
    std::size_t burst = 0;
};

}  // namespace ringlet
