#include <ringlet/coro/cancel_scope.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace ringlet {

/// Carries a stop request from the thread that makes it to the scope's thread, by a call that is
/// posted to the loop and may be made when the scope has ended.
class cancel_scope::stop_link {
public:
    stop_link(cancel_scope& scope, std::stop_token stop)
        : target_(std::make_shared<cancel_scope*>(&scope)),
          requested_(std::move(stop), [target = target_, &owner = scope.core_.owner()] {
              owner.post([target] {
                  if (*target != nullptr)
                      (*target)->cancel();
              });
          }) {}
    stop_link(const stop_link&) = delete;
    stop_link& operator=(const stop_link&) = delete;
    ~stop_link() { *target_ = nullptr; }

private:
    std::shared_ptr<cancel_scope*> target_;  // only the loop's thread uses it
    std::stop_callback<std::function<void()>> requested_;
};

cancel_scope::cancel_scope(loop::clock::time_point deadline)
    : core_(detail::loop_core::require_current("cancel_scope")), outer_(core_.scope()),
      scope_(&outer_) {
    core_.set_scope(scope_);
    if (deadline != loop::clock::time_point::max())
        core_.timers().arm(*this, deadline);
}

template <class StopToken>
requires requires(const StopToken& token) {
    token.stop_possible();
}
cancel_scope::cancel_scope(StopToken stop) : cancel_scope() {
    if (stop.stop_requested())
        cancel();
    else if (stop.stop_possible())
        stop_ = new stop_link(*this, std::move(stop));
}

template cancel_scope::cancel_scope(std::stop_token stop);

cancel_scope::~cancel_scope() {
    delete stop_;
    core_.timers().disarm(*this);
    detail::check(&core_.scope() == &scope_,
                  "a cancel_scope was not ended by the coroutine that made it, or "
                  "not in the reverse order of making");
    core_.set_scope(outer_);
}

}  // namespace ringlet
