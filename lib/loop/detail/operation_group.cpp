#include <ringlet/loop/detail/operation_group.hpp>

namespace ringlet::detail {

grouped_operation* operation_group::newest_member() const noexcept {
    return static_cast<grouped_operation*>(newest());
}

void operation_group::begin_beside_others(grouped_operation& started) noexcept {
    started.older_ = newest_member();
    started.older_->newer_ = &started;
    set_newest(&started);
    if (cancelling_)
        started.cancel();
}

void operation_group::end_among_others(grouped_operation& ended) noexcept {
    if (ended.older_ != nullptr)
        ended.older_->newer_ = ended.newer_;
    if (ended.newer_ != nullptr)
        ended.newer_->older_ = ended.older_;
    else if (newest() == &ended)  // otherwise it never began
        set_newest(ended.older_);
    ended.older_ = ended.newer_ = nullptr;
}

// In the order in which they began.
void operation_group::cancel() {
    if (empty())
        return;
    cancelling_ = true;
    grouped_operation* next = newest_member();
    while (next->older_ != nullptr)
        next = next->older_;
    for (; next != nullptr; next = next->newer_)
        next->cancel();
}

}  // namespace ringlet::detail
