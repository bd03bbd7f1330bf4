#pragma once

#include "time_limit.hpp"

#include <ringlet/server/server.hpp>

#include <cstdio>
#include <cstdlib>
#include <future>

/// Runs `serve_forever` in a thread of its own. Where nobody has joined it by then, its end shuts
/// the server down without grace.
///
/// A server that goes on after it was told to stop ends the test program: a thread that hangs
/// cannot be got rid of in any other way.
class serving_thread {
public:
    explicit serving_thread(ringlet::server& served)
        : server_(served),
          returned_(std::async(std::launch::async, [&served] { served.serve_forever(); })) {}
    serving_thread(const serving_thread&) = delete;
    serving_thread& operator=(const serving_thread&) = delete;
    ~serving_thread() {
        if (!returned_.valid())
            return;
        server_.shutdown(std::chrono::seconds(0));
        wait();
    }

    /// Waits until `serve_forever` has returned; throws what it threw.
    void join() {
        wait();
        returned_.get();
    }

private:
    void wait() {
        if (returned_.wait_for(time_limit) == std::future_status::ready)
            return;
        std::fputs("serving_thread: serve_forever does not return\n", stderr);
        std::abort();
    }

    ringlet::server& server_;
    std::future<void> returned_;
};
