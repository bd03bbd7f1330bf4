#pragma once

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/loop/detail/operation.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace ringlet::detail {

/// A coroutine's wait for a function that runs in a thread of a pool: see `offload`. `Function` is
/// a reference where the callable belongs to the caller.
template <class Function>
class offload_operation final : public operation,
                                private thread_pool::job,
                                private inbox::work_item {
    using result_type = std::invoke_result_t<Function&>;
    using kept = std::conditional_t<
        std::is_void_v<result_type>, std::monostate,
        std::conditional_t<std::is_reference_v<result_type>,
                           std::reference_wrapper<std::remove_reference_t<result_type>>,
                           result_type>>;

public:
    offload_operation(loop_core& core, thread_pool& pool, Function&& function)
        : operation(core), pool_(pool), function_(std::forward<Function>(function)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(suspension waiter) noexcept {
        if (!admit() || (result_ = pool_.submit(*this)) < 0)
            return false;
        suspend(waiter);  // nothing resumes it before the loop's next turn
        return true;
    }

    result_type await_resume() {
        report(nullptr,
               result_ == -EAGAIN ? "offload: as many wait for a thread as may" : "offload");
        if (failure_)
            std::rethrow_exception(failure_);
        if constexpr (!std::is_void_v<result_type>)
            return static_cast<result_type>(*std::move(value_));
    }

    /// Takes effect as long as the function has not begun.
    void cancel() override {
        if (pool_.withdraw(*this))
            resume_later(-ECANCELED);
    }

private:
    void work() noexcept override {
        try {
            if constexpr (std::is_void_v<result_type>)
                std::invoke(function_);
            else
                value_.emplace(std::invoke(function_));
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    void report_end() noexcept override { core_->post(*this); }

    // In the loop again.
    void run() override { resume_later(0); }
    void discard() noexcept override {}

    thread_pool& pool_;
    Function function_;
    std::optional<kept> value_;
    std::exception_ptr failure_;
};

}  // namespace ringlet::detail
