#pragma once

#include <ringlet/coro/detail/joinable_task_group.hpp>
#include <ringlet/coro/sleep_for.hpp>
#include <ringlet/coro/task.hpp>

/// Whether another coroutine goes on while this one only awaits the awaitables that `again()`
/// makes, which can always complete without suspending.
template <class Again>
ringlet::task<bool> others_go_on(Again& again) {
    bool gone_on = false;
    const auto other = [&]() -> ringlet::task<> {
        co_await ringlet::yield();
        gone_on = true;
    };
    ringlet::detail::joinable_task_group group;
    group.spawn(other());
    for (int i = 0; i < 100'000 && !gone_on; ++i)
        co_await again();
    const bool meanwhile = gone_on;
    co_await group.join();
    co_return meanwhile;
}
