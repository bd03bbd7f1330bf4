#include <ringlet/loop/detail/deadline_passed.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

std::error_code operation::error() const noexcept {
    if (result_ >= 0)
        return {};
    if (result_ == -ECANCELED && timed_out_)
        return deadline_passed();
    if (result_ == -ECANCELED && scope_cancelled())
        return scope_->reason();
    return {-result_, std::system_category()};
}

bool operation::scope_cancelled() const noexcept {
    return scope_ != nullptr && scope_->cancelled();
}

bool operation::refuse(suspension waiter) noexcept {
    if (core_->may_complete_inline())
        return false;
    suspend(waiter);
    resume_later(-ECANCELED);
    core_->note_refusal(waiter);
    return true;
}

void operation::resume_later(int result) noexcept {
    result_ = result;
    unlink();
    core_->ready().push_back(*this);
}

void operation::report(error_sink error, const char* what) const {
    error.report(this->error(), what);
}

}  // namespace ringlet::detail
