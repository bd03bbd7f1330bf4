#include "base/detail/stand_in.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/base/log_throttle.hpp>

#include <algorithm>
#include <stdexcept>

namespace ringlet {

namespace {

using std::chrono::nanoseconds;

constexpr unsigned burst_max = 1'000'000;
constexpr std::chrono::milliseconds interval_max = std::chrono::hours(1);

log_throttle_options require_valid(const log_throttle_options& options) {
    if (options.burst < 1 || options.burst > burst_max)
        throw std::invalid_argument("log_throttle_options: burst must be 1 to 1000000");
    if (options.interval <= options.interval.zero() || options.interval > interval_max)
        throw std::invalid_argument("log_throttle_options: interval must be 1 ms to an hour");
    return options;
}

}  // namespace

log_throttle::log_throttle(log_level level, std::string_view message,
                           const log_throttle_options& options)
    : level_(level), message_(message),
      interval_(nanoseconds(require_valid(options).interval).count()),
      ahead_max_(interval_ * (options.burst - 1)) {}

void log_throttle::report(std::initializer_list<log_field> fields) noexcept {
    const detail::stand_in* const simulation = detail::stand_in::current();
    report(fields, simulation == nullptr ? clock::now() : simulation->now());
}

void log_throttle::report(std::initializer_list<log_field> fields, clock::time_point now) noexcept {
    if (!admit(now)) {
        suppressed_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    log(log_record{level_, message_, std::span(fields.begin(), fields.size()),
                   suppressed_.exchange(0, std::memory_order_relaxed)});
}

void log_throttle::flush() noexcept {
    const std::uint64_t suppressed = suppressed_.exchange(0, std::memory_order_relaxed);
    if (suppressed > 0)
        log(log_record{level_, message_, {}, suppressed});
}

// A token bucket that is kept as one number, the time at which it is full again; each report puts
// that off by an interval. This is the generic cell rate algorithm.
bool log_throttle::admit(clock::time_point now) noexcept {
    const std::int64_t current = nanoseconds(now.time_since_epoch()).count();
    std::int64_t due = due_.load(std::memory_order_relaxed);
    do {
        if (due > current && due - current > ahead_max_)
            return false;
    } while (!due_.compare_exchange_weak(due, std::max(due, current) + interval_,
                                         std::memory_order_relaxed));
    return true;
}

}  // namespace ringlet
