#pragma once

#include <ringlet/loop/loop.hpp>

namespace ringlet {

class task_group;

/// Waits until no task of a group runs: see task_group::join.
class join_operation final : public operation {
public:
    explicit join_operation(task_group& group) noexcept;

    [[nodiscard]] bool await_ready() const noexcept;
    void await_suspend(std::coroutine_handle<> waiter);
    void await_resume();

    void cancel() override {}  // the group's scope lies inside the waiter's: its tasks are told

private:
    friend task_group;
    task_group& group_;
};

}  // namespace ringlet
