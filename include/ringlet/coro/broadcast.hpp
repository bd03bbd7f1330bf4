#pragma once

#include <ringlet/coro/channel.hpp>
#include <ringlet/coro/detail/basic_broadcast.hpp>
#include <ringlet/coro/slow_receivers.hpp>

#include <concepts>

namespace ringlet {

namespace detail {

/// Says that the coroutines of one loop share a broadcast, which then needs no lock.
struct broadcast_in_one_loop : one_loop {
    static constexpr const char* send = "broadcast::send";
    static constexpr const char* receive = "broadcast::receive";
    static constexpr const char* until_disconnected = "broadcast::until_disconnected";
};

}  // namespace detail

/// A channel whose every subscription receives every item that is sent after the subscription was
/// made. The broadcast holds each item once, at most `capacity` of them, until every subscription
/// has received it. The time that sending takes does not depend on the number of subscriptions,
/// except that each receiver that waits is woken. Each receiver gets a copy: let large items be a
/// std::shared_ptr<const ...>.
///
///     ringlet::broadcast<std::string> news(100, ringlet::slow_receivers::drop_oldest);
///     auto subscription = news.subscribe();
///     while (const auto item = co_await subscription.receive())      // until news.close()
///         co_await client.send_all(*item);
///
/// GCC 12 destroys an aggregate that is a temporary of a co_await expression twice: an item such as
/// `headline{"text", 1}` needs a name, or `headline` a constructor.
///
/// One thread: the loop's. Lifetime: the broadcast outlives its subscriptions, and the coroutines
/// that wait to send.
template <std::copyable T>
using broadcast = detail::basic_broadcast<T, detail::broadcast_in_one_loop>;

}  // namespace ringlet
