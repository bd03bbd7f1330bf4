#pragma once

#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// Makes `scope` the loop's current scope while it lives, so that operations which begin meanwhile
/// are admitted to it; afterwards the scope before is the current one again. task_group and shield
/// use it; users have cancel_scope and shield.
///
/// One thread: the loop's. Lifetime: it ends in the coroutine that made it, before those that were
/// made earlier.
class entered_scope {
public:
    entered_scope(loop& owner, operation_scope& scope) noexcept
        : loop_(owner), outer_(owner.scope()) {
        owner.set_scope(scope);
    }
    entered_scope(const entered_scope&) = delete;
    entered_scope& operator=(const entered_scope&) = delete;
    ~entered_scope() { loop_.set_scope(outer_); }

private:
    loop& loop_;
    operation_scope& outer_;
};

}  // namespace ringlet::detail
