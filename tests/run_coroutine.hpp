#pragma once

#include "time_limit.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/cancel_scope.hpp>

#include <type_traits>

template <class Body>
std::invoke_result_t<Body&> within_time_limit(Body& body) {
    const ringlet::cancel_scope limit(time_limit);
    co_return co_await body();
}

/// Runs the coroutine that `body()` makes to its end, in the loop `owner`. An await beyond the time
/// limit fails. The closure outlives the coroutine, so it may capture.
template <class Body>
auto run_coroutine(ringlet::loop& owner, Body body) {
    return ringlet::block_on(owner, within_time_limit(body));
}

/// Runs the coroutine that `body()` makes to its end, in a new loop. An await beyond the time limit
/// fails. The closure outlives the coroutine, so it may capture.
template <class Body>
auto run_coroutine(Body body) {
    ringlet::loop owner;
    return run_coroutine(owner, std::move(body));
}
