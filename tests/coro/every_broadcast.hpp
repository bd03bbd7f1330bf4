#pragma once

// What broadcasts of either kind do in one loop.

#include "catch.hpp"
#include "run_virtually.hpp"

#include <ringlet/coro/broadcast.hpp>
#include <ringlet/coro/concurrent_broadcast.hpp>
#include <ringlet/coro/detail/joinable_task_group.hpp>

#include <memory>
#include <utility>

/// A test case that runs with each kind of broadcast: `basic_broadcast<T, TestType>`.
#define BROADCAST_TEST_CASE(name, tags)                                                            \
    TEMPLATE_TEST_CASE(name, tags, ringlet::detail::broadcast_in_one_loop,                         \
                       ringlet::detail::broadcast_in_many_loops)

/// An item that knows how many of its copies there are.
using shared_item = std::shared_ptr<const int>;

template <class Broadcast, class Item>
ringlet::task<> send_one(Broadcast& to, Item item) {
    co_await to.send(std::move(item));
}
