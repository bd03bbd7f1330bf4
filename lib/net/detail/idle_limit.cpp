#include "base/detail/valid_timeout.hpp"

#include <ringlet/net/detail/idle_limit.hpp>

namespace ringlet::detail {

idle_limit::idle_limit(cancel_scope& watched, std::chrono::milliseconds limit, const char* name)
    : core_(loop_core::require_current("idle_limit")), scope_(watched), limit_(limit),
      noted_at_(core_.turn_began()) {
    require_valid_timeout(limit, name);
    if (limit > limit.zero())
        core_.timers().arm(*this, noted_at_ + limit);
}

idle_limit::~idle_limit() {
    core_.timers().disarm(*this);
}

void idle_limit::expire() {
    const time_point due = noted_at_ + limit_;
    if (due > core_.turn_began()) {
        core_.timers().arm(*this, due);
    } else if (!scope_.cancelled()) {
        passed_ = true;
        scope_.cancel();
    }
}

}  // namespace ringlet::detail
