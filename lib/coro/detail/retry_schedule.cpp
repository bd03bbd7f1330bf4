#include <ringlet/coro/detail/retry_schedule.hpp>
#include <ringlet/coro/retry.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace ringlet::detail {

namespace {

const retry_options& valid(const retry_options& options) {
    using std::chrono::nanoseconds;
    if (options.first_delay < nanoseconds::zero() || options.delay_max < nanoseconds::zero())
        throw std::invalid_argument("retry: a delay must not be negative");
    if (!(options.growth >= 1))
        throw std::invalid_argument("retry: the growth must be 1 or more");
    if (!(options.jitter >= 0 && options.jitter <= 1))
        throw std::invalid_argument("retry: the jitter must be from 0 to 1");
    return options;
}

}  // namespace

// The time, the process and the object tell apart those who retry at the same time.
retry_schedule::retry_schedule(const retry_options& options)
    : options_(valid(options)), core_(loop_core::require_current("retry")),
      delay_(options.first_delay),
      random_(static_cast<std::uint64_t>(core_.now().time_since_epoch().count()) ^
              static_cast<std::uint64_t>(::getpid()) << 32U ^
              reinterpret_cast<std::uintptr_t>(this)) {}

bool retry_schedule::goes_on_after(const std::error_code& failure) noexcept {
    ++attempts_;
    if (attempts_ == options_.attempts_max || core_.scope().cancelled() ||
        failure == std::errc::operation_canceled)
        return false;
    return options_.worth_while == nullptr || options_.worth_while(failure);
}

std::chrono::nanoseconds retry_schedule::next_delay() noexcept {
    const auto longest = std::min(delay_, std::chrono::duration<double>(options_.delay_max));
    delay_ = longest * options_.growth;
    const auto delay = longest * (1 - options_.jitter * next_random());
    return std::min(std::chrono::duration_cast<std::chrono::nanoseconds>(delay),
                    options_.delay_max);
}

/// The next of SplitMix64's numbers, from 0 to 1.
double retry_schedule::next_random() noexcept {
    random_ += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = random_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31U;
    return static_cast<double>(mixed >> 11U) * 0x1p-53;
}

}  // namespace ringlet::detail
