#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/loop/loop.hpp>

#include <coroutine>
#include <functional>
#include <type_traits>
#include <utility>

/// The moment of an action at a suspension: in the suspension itself, or a turn later, when other
/// events have happened as well.
enum class moment { suspending, a_turn_later };

/// Counts how often coroutines suspend, and calls an action at one suspension, usually to cancel
/// them. The coroutines await `at(awaitable)`, where `at` is an object of this class.
class suspensions {
public:
    /// Calls `action` at suspension number `act_at`, counted from 1.
    suspensions(ringlet::loop& owner, int act_at, moment when, std::function<void()> action)
        : loop_(owner), act_at_(act_at), when_(when), action_(std::move(action)) {}
    suspensions(const suspensions&) = delete;
    suspensions& operator=(const suspensions&) = delete;

    [[nodiscard]] int count() const noexcept { return count_; }

    /// An await whose suspension counts. The await of a task counts once, at its first suspension.
    template <class Awaitable>
    class observed {
    public:
        observed(suspensions& counter, Awaitable&& awaited)
            : counter_(counter),
              awaiter_(ringlet::detail::awaiter_of(std::forward<Awaitable>(awaited))) {}

        bool await_ready() { return awaiter_.await_ready(); }

        bool await_suspend(ringlet::detail::suspension waiter) {
            using decision = decltype(awaiter_.await_suspend(waiter));
            if constexpr (std::is_void_v<decision>)
                awaiter_.await_suspend(waiter);
            else if (!awaiter_.await_suspend(waiter))
                return false;
            counter_.add();
            return true;
        }

        decltype(auto) await_resume() { return awaiter_.await_resume(); }

    private:
        suspensions& counter_;
        // An operation itself lives as long as the co_await expression.
        decltype(ringlet::detail::awaiter_of(std::declval<Awaitable>())) awaiter_;
    };

    template <class Awaitable>
    observed<Awaitable> operator()(Awaitable&& awaited) {
        return {*this, std::forward<Awaitable>(awaited)};
    }

private:
    void add() {
        if (++count_ != act_at_)
            return;
        if (when_ == moment::suspending)
            action_();
        else
            loop_.post(action_);
    }

    ringlet::loop& loop_;
    int act_at_;
    moment when_;
    std::function<void()> action_;
    int count_ = 0;
};
