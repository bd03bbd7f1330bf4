#pragma once

#include <ringlet/base/detail/list_hook.hpp>
#include <ringlet/loop/detail/loop_core.hpp>
#include <ringlet/loop/detail/suspension.hpp>

#include <coroutine>
#include <string>
#include <utility>

namespace ringlet::detail {

/// The name of a coroutine for as long as this object lives: see named. It stands in the list of
/// the loop in which the coroutine runs, where `suspended_tasks` looks for it.
class task_name : public list_hook {
public:
    /// Names the coroutine in which this is awaited. It does not suspend.
    class naming {
    public:
        explicit naming(task_name& name) noexcept : name_(name) {}

        bool await_ready() const noexcept { return false; }

        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> named) const noexcept {
            name_.place_ = named.promise().awaited_by();
            return false;
        }

        void await_resume() const noexcept {}

    private:
        task_name& name_;
    };

    /// Throws std::logic_error outside a loop.
    explicit task_name(std::string text) : text_(std::move(text)) {
        loop_core::require_current("named").names().push_back(*this);
    }

    /// The text of the name.
    [[nodiscard]] const std::string& text() const noexcept { return text_; }

    /// The suspension of the coroutine that awaits the named one, by which the named one is known.
    [[nodiscard]] const suspension* place() const noexcept { return place_; }

private:
    std::string text_;
    const suspension* place_ = nullptr;
};

}  // namespace ringlet::detail
