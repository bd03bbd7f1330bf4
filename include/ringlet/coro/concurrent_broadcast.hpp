#pragma once

#include <ringlet/coro/concurrent_channel.hpp>
#include <ringlet/coro/detail/basic_broadcast.hpp>
#include <ringlet/coro/slow_receivers.hpp>

#include <concepts>

namespace ringlet {

namespace detail {

/// Says that coroutines of any number of loops, and threads without a loop, share a broadcast.
struct broadcast_in_many_loops : many_loops {
    static constexpr const char* send = "concurrent_broadcast::send";
    static constexpr const char* receive = "concurrent_broadcast::receive";
    static constexpr const char* until_disconnected = "concurrent_broadcast::until_disconnected";
};

}  // namespace detail

/// A broadcast between coroutines of several loops, and threads without a loop. It has the calls of
/// `broadcast`, and each of them may be made in any thread; but each subscription belongs to one
/// loop, whose coroutines receive from it. A coroutine that has waited goes on in the thread of its
/// own loop, which is woken if it sleeps. Threads without a loop use the calls that do not wait:
/// `try_send`, `close`.
///
///     ringlet::concurrent_broadcast<line> news(100, ringlet::slow_receivers::disconnect);
///
///     auto subscription = news.subscribe();                          // in a handler, in any
///     thread while (const auto said = co_await subscription.receive())
///         co_await client.send_all(*said);
///
/// All subscriptions receive the items in one order. With slow_receivers::wait the slowest
/// subscription of any loop holds the senders of all loops up.
///
/// GCC 12 destroys an aggregate that is a temporary of a co_await expression twice: an item such as
/// `headline{"text", 1}` needs a name, or `headline` a constructor.
///
/// Thread-safe. An item is moved, copied and destroyed under the broadcast's lock, so each of them
/// should be cheap: let large items be a std::shared_ptr<const ...>. Lifetime: the broadcast
/// outlives its subscriptions, and every call and every await, in all threads.
template <std::copyable T>
using concurrent_broadcast = detail::basic_broadcast<T, detail::broadcast_in_many_loops>;

}  // namespace ringlet
