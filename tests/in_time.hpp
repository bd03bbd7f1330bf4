#pragma once

#include "time_limit.hpp"

#include <cstdio>
#include <cstdlib>
#include <future>
#include <utility>

/// The result, or the exception, of a function that runs in another thread. If the function does
/// not end within the time limit, the test program ends: there is no other way to get rid of a
/// thread that hangs.
template <class T>
T get_in_time(std::future<T>& running) {
    if (running.wait_for(time_limit) != std::future_status::ready) {
        std::fputs("a test waits in vain for the end of a thread\n", stderr);
        std::abort();
    }
    return running.get();
}

/// Runs `body()` in a thread of its own and gives its result, or its exception, in time.
template <class Body>
auto in_time(Body body) {
    auto running = std::async(std::launch::async, std::move(body));
    return get_in_time(running);
}
