#pragma once

#include <ringlet/base/thread_pool.hpp>
#include <ringlet/loop/detail/operation.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ringlet::detail {

/// Waits for a function that a thread of a pool calls; `offload` returns it. `Function` is a
/// reference type if the callable belongs to the caller.
template <class Function>
class offload_operation final : public operation,
                                private thread_pool::job,
                                private inbox::work_item {
    using result_type = std::invoke_result_t<Function&>;
    struct nothing {};
    using stored_type =
        std::conditional_t<std::is_void_v<result_type>, nothing,
                           std::conditional_t<std::is_reference_v<result_type>,
                                              std::remove_reference_t<result_type>*, result_type>>;

public:
    offload_operation(loop_core& core, thread_pool& pool, Function&& function)
        : operation(core), pool_(pool), function_(std::forward<Function>(function)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    bool await_suspend(suspension waiter) noexcept {
        if (!admit())
            return refuse(waiter);
        if ((result_ = pool_.submit(*this)) < 0)
            return false;
        suspend(waiter);  // nothing resumes it before the loop's next turn
        return true;
    }

    result_type await_resume() {
        report(throws,
               result_ == -EAGAIN ? "offload: as many wait for a thread as may" : "offload");
        if (failure_)
            std::rethrow_exception(failure_);
        if constexpr (std::is_reference_v<result_type>)
            return static_cast<result_type>(**value_);
        else if constexpr (!std::is_void_v<result_type>)
            return *std::move(value_);
    }

    /// Ends the wait if the function has not begun; otherwise the operation waits for its end.
    void cancel() override {
        if (pool_.withdraw(*this))
            resume_later(-ECANCELED);
    }

private:
    void work() noexcept override {
        try {
            if constexpr (std::is_void_v<result_type>) {
                function_();
            } else if constexpr (std::is_reference_v<result_type>) {
                auto&& result = function_();
                value_.emplace(std::addressof(result));
            } else {
                value_.emplace(function_());
            }
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    void report_end() noexcept override { core_->post(*this); }

    // Called in the loop's thread.
    void run() override { resume_later(0); }
    void discard() noexcept override {}

    thread_pool& pool_;
    Function function_;
    std::optional<stored_type> value_;
    std::exception_ptr failure_;
};

}  // namespace ringlet::detail
