#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace ringlet::testing {

/// Random numbers that a seed decides: each seed gives one sequence, on every machine. It is a
/// std::uniform_random_bit_generator, so that std::shuffle takes it; the distributions of the
/// standard library differ from one library to another, the functions here do not.
///
/// Not thread-safe.
class random_source {
public:
    using result_type = std::uint64_t;

    /// Makes the sequence of `seed` for the place of use that is called `name`: sources of other
    /// names draw from sequences of their own.
    explicit random_source(std::uint64_t seed, std::string_view name = {}) noexcept;

    [[nodiscard]] static constexpr result_type min() noexcept { return 0; }
    [[nodiscard]] static constexpr result_type max() noexcept {
        return std::numeric_limits<result_type>::max();
    }

    /// Draws any 64-bit number.
    result_type operator()() noexcept;

    /// Draws a number from 0 to `bound` - 1; `bound` is 1 or more.
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept;

    /// Draws a number from `least` to `most`.
    [[nodiscard]] std::uint64_t between(std::uint64_t least, std::uint64_t most) noexcept {
        return least + below(most - least + 1);
    }

    /// Draws a time from `least` to `most`.
    [[nodiscard]] std::chrono::nanoseconds between(std::chrono::nanoseconds least,
                                                   std::chrono::nanoseconds most) noexcept;

    /// Draws true with this probability, from 0 to 1. A probability of 0 draws nothing.
    [[nodiscard]] bool chance(double probability) noexcept;

private:
    std::array<std::uint64_t, 4> state_;
};

}  // namespace ringlet::testing
