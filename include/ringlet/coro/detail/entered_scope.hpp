#pragma once

#include <ringlet/loop/loop.hpp>

namespace ringlet::detail {

/// While one lives, what begins in the loop is admitted to `scope`; then again to the scope before.
/// For what begins coroutines, or shields what one awaits; users have cancel_scope and shield.
///
/// One thread: the loop's. Lifetime: ends in the coroutine that made it, before those made earlier.
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
