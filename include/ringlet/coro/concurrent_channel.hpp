#pragma once

#include <ringlet/coro/detail/basic_channel.hpp>
#include <ringlet/coro/detail/concurrent_operation.hpp>

#include <concepts>
#include <mutex>

namespace ringlet {

namespace detail {

/// Says that coroutines of any number of loops, and threads without a loop, share a channel.
struct many_loops {
    using mutex = std::mutex;
    using operation = concurrent_operation;

    static constexpr const char* send = "concurrent_channel::send";
    static constexpr const char* receive = "concurrent_channel::receive";
};

}  // namespace detail

/// A bounded queue between coroutines of several loops, and threads without a loop. It has the
/// calls of `channel`, and each of them may be made in any thread. A coroutine that has waited goes
/// on in the thread of its own loop, which is woken if it sleeps. Threads without a loop use the
/// calls that do not wait: `try_send`, `try_receive`, `close`.
///
/// GCC 12 destroys an aggregate that is a temporary of a co_await expression twice: an item such as
/// `job{"name", 1}` needs a name, or `job` a constructor.
///
/// Thread-safe. An item is moved under the channel's lock, so its move should be cheap; it must not
/// throw. Lifetime: the channel outlives every call and every await, in all threads.
template <std::movable T>
using concurrent_channel = detail::basic_channel<T, detail::many_loops>;

}  // namespace ringlet
