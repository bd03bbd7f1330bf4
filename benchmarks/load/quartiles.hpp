// The median of a set of samples and the quartiles around it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

struct quartiles {
    double lower = 0;
    double median = 0;
    double upper = 0;
};

// Computes median and quartiles, interpolated between neighbours. They are 0 for no samples.
inline quartiles quartiles_of(std::vector<double> samples) {
    if (samples.empty())
        return {};
    std::sort(samples.begin(), samples.end());
    const auto at = [&](double fraction) {
        const double position = fraction * static_cast<double>(samples.size() - 1);
        const auto below = static_cast<std::size_t>(position);
        const auto above = std::min(below + 1, samples.size() - 1);
        return std::lerp(samples[below], samples[above], position - std::floor(position));
    };
    return {at(0.25), at(0.5), at(0.75)};
}
