#pragma once

#include <ringlet/coro/detail/retry_schedule.hpp>
#include <ringlet/coro/detail/to_task.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>

#include <chrono>
#include <cstddef>
#include <system_error>
#include <type_traits>
#include <utility>

namespace ringlet {

/// How often `retry` tries, and how long it waits in between.
struct retry_options {
    /// How many attempts there are at most, the first included; 0 stands for no limit.
    std::size_t attempts_max = 10;

    /// The delay after the first attempt that fails.
    std::chrono::nanoseconds first_delay = std::chrono::milliseconds(100);

    /// The longest delay.
    std::chrono::nanoseconds delay_max = std::chrono::seconds(30);

    /// By how much each delay is longer than the one before; 1 stands for equal delays.
    double growth = 2;

    /// The part of each delay that is left to chance, from 0 to 1, so that programs which failed
    /// together do not come back together: with 0.5 a delay of 2 s lasts from 1 s to 2 s.
    double jitter = 0.5;

    /// Whether a failure may pass, so that another attempt is worth while; nullptr stands for yes.
    bool (*worth_while)(const std::error_code& failure) = nullptr;
};

namespace detail {

template <class Attempt>
task<await_result<std::invoke_result_t<Attempt&>>> retry_owned(retry_options options,
                                                               Attempt attempt) {
    retry_schedule schedule(options);
    for (;;) {
        try {
            co_return co_await attempt();
        } catch (const std::system_error& error) {
            if (!schedule.goes_on_after(error.code()))
                throw;
        }
        co_await sleep_for(schedule.next_delay());
    }
}

}  // namespace detail

/// Awaits what `attempt()` returns, a coroutine or an operation, and its like again and again, with
/// growing delays, until one succeeds: gives its result. After the last attempt that `options`
/// allow, and after a failure that is not worth another, it throws the failure. Only a
/// std::system_error is followed by another attempt. A cancelled coroutine makes none: `retry` then
/// fails with operation_canceled or timed_out.
///
///     ringlet::stream server =
///         co_await ringlet::retry({.attempts_max = 5}, [&] { return ringlet::connect(peer); });
///
/// A deadline for each attempt is the attempt's own: `return with_timeout(1s, ...)` in a coroutine.
/// `retry` owns the callable. A closure that owns its captures needs a name: GCC 12 destroys it
/// twice in a co_await expression.
///
/// Awaiting it throws std::invalid_argument for options that make no sense, such as a negative
/// delay, and std::logic_error outside a loop.
template <detail::begins_awaitable Attempt>
[[nodiscard]] auto retry(const retry_options& options, Attempt&& attempt) {
    static_assert(detail::sound_temporary<Attempt>,
                  "GCC 12 destroys a closure that owns what it captures twice in a co_await "
                  "expression: give it a name, and pass the name or std::ref(name)");
    return detail::retry_owned<std::decay_t<Attempt>>(options, std::forward<Attempt>(attempt));
}

/// Awaits what `attempt()` returns, and its like again and again, until one succeeds: at most ten
/// times, with the delays of the default retry_options.
template <detail::begins_awaitable Attempt>
[[nodiscard]] auto retry(Attempt&& attempt) {
    return retry(retry_options(), std::forward<Attempt>(attempt));
}

}  // namespace ringlet
