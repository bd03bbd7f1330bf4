#pragma once

#include <ringlet/coro/detail/basic_channel.hpp>
#include <ringlet/coro/detail/concurrent_operation.hpp>

#include <concepts>
#include <mutex>

namespace ringlet {

namespace detail {

/// Coroutines of any number of loops, and threads without one.
struct many_loops {
    using mutex = std::mutex;
    using operation = concurrent_operation;

    static constexpr const char* send = "concurrent_channel::send";
    static constexpr const char* receive = "concurrent_channel::receive";
};

}  // namespace detail

/// A channel between loops and threads: the same calls, each of which may be made in any thread.
/// Whoever awaits goes on in the thread of its own loop, which is woken if it sleeps. Threads
/// without a loop use what does not wait: `try_send`, `try_receive`, `close`.
///
/// Thread-safe. An item is moved under the channel's lock, so its move should be cheap; it must not
/// throw. Lifetime: outlives every call and every await, in all threads.
template <std::movable T>
using concurrent_channel = detail::basic_channel<T, detail::many_loops>;

}  // namespace ringlet
