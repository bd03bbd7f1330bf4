#pragma once

#include "virtual_time_ring.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/loop/loop.hpp>

#include <memory>

/// Runs the coroutine that `body(loop)` makes, in a loop whose time passes only while it waits, and
/// then in an instant: a day costs nothing, and every duration is exact.
template <class Body>
void run_virtually(Body body) {
    ringlet::loop owner(std::make_unique<virtual_time_ring>());
    ringlet::block_on(owner, body(owner));
}
