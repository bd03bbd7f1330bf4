#pragma once

#include "in_time.hpp"

#include <ringlet/server/serving_thread.hpp>

#include <cstdio>
#include <exception>

/// A ringlet::serving_thread for whose end a test waits no longer than the time limit. The
/// destructor of a thread that was not joined shuts the server down without grace.
class serving_thread {
public:
    explicit serving_thread(ringlet::server& served) : thread_(served) {}
    serving_thread(const serving_thread&) = delete;
    serving_thread& operator=(const serving_thread&) = delete;
    ~serving_thread() {
        try {
            stop(std::chrono::nanoseconds::zero());
        } catch (const std::exception& error) {
            std::fprintf(stderr, "serving_thread: %s\n", error.what());
        }
    }

    void stop(std::chrono::nanoseconds grace) {
        in_time([this, grace] { thread_.stop(grace); });
    }

    /// Waits until `serve_forever` has returned. Throws the exception of `serve_forever`.
    void join() {
        in_time([this] { thread_.join(); });
    }

private:
    ringlet::serving_thread thread_;
};
