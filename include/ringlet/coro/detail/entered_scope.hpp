#pragma once

#include <ringlet/loop/detail/loop_core.hpp>

namespace ringlet::detail {

/// Makes `scope` the loop's current scope while it lives, so that operations which begin meanwhile
/// are admitted to it; afterwards the scope before is the current one again. task_group and shield
/// use it; users have cancel_scope and shield.
///
/// One thread: the loop's. Lifetime: it ends in the coroutine that made it, before those that were
/// made earlier.
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
