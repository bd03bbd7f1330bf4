#include "base/detail/valid_timeout.hpp"
#include "coro/detail/valid_rate_limit.hpp"

#include <ringlet/coro/token_bucket.hpp>

#include <algorithm>
#include <stdexcept>

namespace ringlet {

namespace {

using namespace std::chrono_literals;
using nanoseconds = std::chrono::nanoseconds;

using seconds = std::chrono::duration<double>;

nanoseconds period_of(const rate_limit& limit) {
    detail::require_valid(limit);
    if (limit.per_second == 0)
        return 0ns;
    return std::chrono::round<nanoseconds>(seconds(1 / limit.per_second));
}

nanoseconds credit_of(const rate_limit& limit, nanoseconds period) {
    if (limit.burst == 0)
        return std::max(1s - period, 0ns);
    return period * static_cast<nanoseconds::rep>(limit.burst - 1);
}

}  // namespace

void detail::require_valid(const rate_limit& limit) {
    if (!(limit.per_second >= 0))
        throw std::invalid_argument("rate_limit: per_second must be 0 or more");
    if (limit.per_second == 0)
        return;
    const auto burst = static_cast<double>(std::max<std::size_t>(limit.burst, 1));
    if (seconds(burst / limit.per_second) > detail::timeout_max)
        throw std::invalid_argument("rate_limit: a burst must not take more than a year to come");
}

token_bucket::token_bucket(const rate_limit& limit)
    : core_(detail::loop_core::require_current("token_bucket")), period_(period_of(limit)),
      credit_(credit_of(limit, period_)), full_at_(core_.now()) {}

token_bucket::~token_bucket() {
    core_.timers().disarm(*this);
}

bool token_bucket::remove_token() noexcept {
    if (period_ == period_.zero())
        return true;
    const auto now = core_.now();
    if (full_at_ - credit_ > now)
        return false;
    full_at_ = std::max(full_at_, now) + period_;
    return true;
}

void token_bucket::arm_timer() noexcept {
    core_.timers().disarm(*this);  // armed still if the coroutines before were cancelled
    core_.timers().arm(*this, full_at_ - credit_);
}

void token_bucket::expire() {
    while (!waiting_.empty() && remove_token())
        waiting_.front().grant();
    if (!waiting_.empty())
        arm_timer();
}

}  // namespace ringlet
