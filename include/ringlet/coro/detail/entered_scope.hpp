#pragma once

#include <ringlet/loop/detail/loop_core.hpp>

namespace ringlet::detail {

/// While one lives, what begins in the loop is admitted to `scope`; then again to the scope before.
/// For what begins coroutines, or shields what one awaits; users have cancel_scope and shield.
///
/// One thread: the loop's. Lifetime: ends in the coroutine that made it, before those made earlier.
class entered_scope {
public:
    entered_scope(loop_core& core, operation_scope& scope) noexcept
        : core_(core), outer_(core.scope()) {
        core.set_scope(scope);
    }
    entered_scope(const entered_scope&) = delete;
    entered_scope& operator=(const entered_scope&) = delete;
    ~entered_scope() { core_.set_scope(outer_); }

private:
    loop_core& core_;
    operation_scope& outer_;
};

}  // namespace ringlet::detail
