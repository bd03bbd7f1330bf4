#pragma once

#include "catch.hpp"
#include "descriptors.hpp"
#include "run_coroutine.hpp"

/// Runs the coroutine that `body(loop)` makes as run_coroutine does, in a loop of its own, and
/// checks that no descriptor is left open.
template <class Body>
void run_without_leak(Body body) {
    const std::size_t open_before = open_descriptors();
    {
        ringlet::loop owner;
        run_coroutine(owner, [&] { return body(owner); });
    }
    CHECK(open_descriptors() == open_before);
}
