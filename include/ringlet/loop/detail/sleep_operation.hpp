#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/operation.hpp>

namespace ringlet::detail {

/// Waits until a point in time, by a timer of the loop; no system call of its own.
class sleep_operation final : public operation, private timer {
public:
    /// Awaiting it throws std::system_error if the sleep is cancelled, or stores that in `error`.
    sleep_operation(loop_core& core, loop::clock::time_point deadline, error_sink error) noexcept
        : operation(core), deadline_(deadline), error_(error) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    bool await_suspend(suspension waiter) noexcept;
    void await_resume() const { report(error_, "sleep"); }

    void cancel() override;

private:
    void expire() override { resume_later(0); }

    loop::clock::time_point deadline_;
    error_sink error_;
};

}  // namespace ringlet::detail
