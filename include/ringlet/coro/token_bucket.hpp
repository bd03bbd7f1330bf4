#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/loop/detail/timer.hpp>

#include <cstddef>

namespace ringlet {

/// How often something may happen.
struct rate_limit {
    /// How many times a second in the long run, such as 1000 or 0.5; 0 stands for no limit.
    double per_second = 0;

    /// How many times at once after a quiet time; 0 stands for as many times as a second allows.
    std::size_t burst = 0;
};

/// Keeps coroutines to a rate_limit. Tokens come at equal distances; the bucket keeps as many as
/// the burst, and begins full. A coroutine that finds no token waits; first come, first served.
///
///     ringlet::token_bucket admission({.per_second = 100, .burst = 20});
///     for (;; co_await admission.take())
///         serve(co_await listener.accept());
///
/// One thread: the loop's. Lifetime: the bucket outlives the coroutines that wait for it.
class token_bucket final : private detail::timer {
public:
    /// Makes a full bucket in the loop that runs in this thread. Throws std::logic_error outside a
    /// loop, std::invalid_argument for a rate that is negative, not a number, or so low that the
    /// burst takes more than a year to come.
    explicit token_bucket(const rate_limit& limit);
    token_bucket(const token_bucket&) = delete;
    token_bucket& operator=(const token_bucket&) = delete;
    ~token_bucket();

    /// Waits for a token in the frame of the awaiting coroutine.
    class take_operation final : public detail::queued_operation {
    public:
        take_operation(token_bucket& from, error_sink error)
            : detail::queued_operation("token_bucket::take", from.waiting_, error), bucket_(from) {}

        void await_suspend(detail::suspension waiter) {
            const bool first = nobody_ahead();
            detail::queued_operation::await_suspend(waiter);
            if (first && in_line())
                bucket_.arm_timer();
        }
        void await_resume() const { finish(); }

    private:
        bool attempt() noexcept override { return bucket_.try_take(); }

        token_bucket& bucket_;
    };

    /// Takes a token, and waits until there is one; without a limit it never waits. Throws
    /// std::logic_error outside a loop. Awaiting it throws std::system_error if the wait is
    /// cancelled, or stores that in `error`; then no token is taken.
    [[nodiscard]] take_operation take(error_sink error = throws) { return {*this, error}; }

    /// Takes a token if there is one and no coroutine waits for it. Whether it was taken.
    [[nodiscard]] bool try_take() noexcept { return waiting_.empty() && remove_token(); }

private:
    using duration = loop::clock::duration;

    bool remove_token() noexcept;
    void arm_timer() noexcept;
    void expire() override;

    detail::loop_core& core_;
    duration period_;     // from one token to the next; 0 is no limit
    duration credit_;     // how long before the bucket is full its first token comes
    time_point full_at_;  // when the bucket is full, unless more tokens are taken
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
