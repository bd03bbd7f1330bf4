#pragma once

#include <ringlet/loop/detail/operation_group.hpp>
#include <ringlet/loop/loop.hpp>

/// An operation that is a member of a group, ends when a test says so, and counts how often it was
/// asked to end early.
class manual_grouped_operation final : public ringlet::detail::grouped_operation {
public:
    manual_grouped_operation(ringlet::loop& owner, ringlet::detail::operation_group* group) noexcept
        : grouped_operation(owner.core(), -1, group) {}

    using grouped_operation::begin;
    using grouped_operation::end;

    bool await_ready() const noexcept { return false; }
    bool await_suspend(ringlet::detail::suspension waiter) {
        if (!admit())
            return false;
        suspend(waiter);
        return true;
    }
    /// Its result, which may be an error.
    int await_resume() noexcept {
        end();
        return result();
    }

    void complete_with(int result) { resume_later(result); }

    void cancel() override {
        ++cancels_;
        resume_later(-ECANCELED);
    }
    [[nodiscard]] int cancels() const noexcept { return cancels_; }

private:
    void prepare(io_uring_sqe& /*sqe*/) override {}

    int cancels_ = 0;
};

inline constexpr ringlet::detail::pending_sentences thing_sentences{
    .moved = "a thing was moved too early",
    .destroyed = "a thing was destroyed too early",
};

/// What is pending on the object of a test.
using thing_operations =
    ringlet::detail::pending_on<ringlet::detail::operation_group, thing_sentences>;
