#include <ringlet/loop/detail/deadline_passed.hpp>
#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/detail/operation_scope.hpp>

namespace ringlet::detail {

operation_scope::operation_scope(operation_scope* parent) noexcept {
    if (parent == nullptr)
        return;
    parent->children_.push_back(*this);
    reason_ = parent->reason_;
}

void operation_scope::cancel(std::errc reason) {
    if (cancelled())
        return;
    reason_ = reason;
    operations_.for_each([](operation& member) { member.cancel(); });
    children_.for_each([reason](operation_scope& child) { child.cancel(reason); });
}

std::error_code operation_scope::reason() const noexcept {
    return reason_ == std::errc::timed_out ? deadline_passed() : std::make_error_code(reason_);
}

bool operation_scope::caused(const std::exception_ptr& exception) const noexcept {
    if (!cancelled() || !exception)
        return false;
    try {
        std::rethrow_exception(exception);
    } catch (const std::system_error& error) {
        return error.code() == reason();
    } catch (...) {
        return false;
    }
}

}  // namespace ringlet::detail
