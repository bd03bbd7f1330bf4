#pragma once

#include <ringlet/loop/detail/operation.hpp>
#include <ringlet/loop/loop.hpp>

/// An operation that ends when a test says so, and counts how often it was asked to end early.
class manual_operation final : public ringlet::detail::operation {
public:
    explicit manual_operation(ringlet::loop& owner) noexcept : operation(owner.core()) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(ringlet::detail::suspension waiter) {
        if (!admit())
            return false;
        suspend(waiter);
        return true;
    }
    /// Its result; throws where that is an error.
    int await_resume() const {
        report(ringlet::throws, "manual_operation");
        return result();
    }

    void end(int result) { resume_later(result); }

    void cancel() override {
        ++cancels_;
        resume_later(-ECANCELED);
    }
    [[nodiscard]] int cancels() const noexcept { return cancels_; }

private:
    int cancels_ = 0;
};
