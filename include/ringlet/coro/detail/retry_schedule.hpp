#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace ringlet {
struct retry_options;
}  // namespace ringlet

namespace ringlet::detail {

class loop_core;

/// Decides whether `retry` goes on after a failure, and when.
///
/// One thread: the loop's. Lifetime: the options outlive it.
class retry_schedule {
public:
    /// Throws std::invalid_argument for options that make no sense, std::logic_error outside a
    /// loop.
    explicit retry_schedule(const retry_options& options);

    /// Whether another attempt follows on one that ended with `failure`.
    [[nodiscard]] bool goes_on_after(const std::error_code& failure) noexcept;

    /// The delay before the next attempt.
    [[nodiscard]] std::chrono::nanoseconds next_delay() noexcept;

private:
    [[nodiscard]] double next_random() noexcept;

    const retry_options& options_;
    loop_core& core_;
    std::size_t attempts_ = 0;
    std::chrono::duration<double> delay_;
    std::uint64_t random_;
};

}  // namespace ringlet::detail
