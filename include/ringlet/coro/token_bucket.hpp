#pragma once

#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/loop/detail/timer.hpp>

#include <cstddef>
#include <system_error>

namespace ringlet {

/// How often something may happen.
struct rate_limit {
    /// How many times a second in the long run, such as 1000 or 0.5; 0 is any number of times.
    double per_second = 0;

    /// How many times at once after a quiet time; 0 stands for as many as a second brings.
    std::size_t burst = 0;
};

/// Keeps to a rate_limit: a token comes at equal distances and is kept until taken, at most as many
/// as the burst; who finds none waits, first come, first served. It begins with a burst.
///
///     ringlet::token_bucket admission({.per_second = 100, .burst = 20});
///     for (;; co_await admission.take())
///         serve(co_await listener.accept());
///
/// One thread: the loop's. Lifetime: outlives those who wait for it.
class token_bucket final : private detail::timer {
public:
    /// Throws std::logic_error outside a loop, std::invalid_argument for a rate that is negative,
    /// not a number, or so low that the burst takes more than a year to come.
    explicit token_bucket(const rate_limit& limit);
    token_bucket(const token_bucket&) = delete;
    token_bucket& operator=(const token_bucket&) = delete;
    ~token_bucket();

    class take_operation final : public detail::queued_operation {
    public:
        take_operation(token_bucket& from, std::error_code* error)
            : detail::queued_operation("token_bucket::take", from.waiting_, error), bucket_(from) {}

        void await_suspend(detail::suspension waiter) {
            const bool first = nobody_ahead();
            detail::queued_operation::await_suspend(waiter);
            if (first && in_line())
                bucket_.await_token();
        }
        void await_resume() const { finish(); }

    private:
        bool attempt() noexcept override { return bucket_.try_take(); }

        token_bucket& bucket_;
    };

    /// Takes a token, waiting for one; where there is no limit, without. Awaiting it throws
    /// std::system_error if it is cancelled, or stores that in `error`, and then nothing is taken.
    [[nodiscard]] take_operation take() { return {*this, nullptr}; }
    [[nodiscard]] take_operation take(std::error_code& error) { return {*this, &error}; }

    /// Takes a token if there is one and nobody waits for it.
    [[nodiscard]] bool try_take() noexcept { return waiting_.empty() && take_now(); }

private:
    using duration = loop::clock::duration;

    bool take_now() noexcept;
    void await_token() noexcept;
    void expire() override;

    detail::loop_core& core_;
    duration period_;     // from one token to the next; 0 is no limit
    duration credit_;     // how long before it is full there is a token to take
    time_point full_at_;  // unless more is taken
    detail::queued_operation::queue waiting_;
};

}  // namespace ringlet
