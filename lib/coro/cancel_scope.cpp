#include <ringlet/coro/cancel_scope.hpp>

namespace ringlet {

cancel_scope::cancel_scope(loop::clock::time_point deadline)
    : loop_(loop::require_current("cancel_scope")), outer_(loop_.scope()), scope_(outer_) {
    loop_.set_scope(&scope_);
    if (deadline != loop::clock::time_point::max())
        loop_.timers().arm(*this, deadline);
}

cancel_scope::~cancel_scope() {
    loop_.timers().disarm(*this);
    check(loop_.scope() == &scope_,
          "a cancel_scope was not ended by the coroutine that made it, or "
          "not in the reverse order of making");
    loop_.set_scope(outer_);
}

}  // namespace ringlet
