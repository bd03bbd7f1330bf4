#pragma once

#include <ringlet/loop/detail/operation.hpp>

namespace ringlet {
class task_group;
}  // namespace ringlet

namespace ringlet::detail {

/// Waits until no task of a group runs; task_group::join returns it.
class join_operation final : public operation {
public:
    explicit join_operation(task_group& group) noexcept;

    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(suspension waiter);
    void await_resume();

    /// Cancels the group's tasks; the operation still waits for them.
    void cancel() override;

private:
    friend task_group;
    task_group& group_;
};

}  // namespace ringlet::detail
