#pragma once

#include "in_time.hpp"

#include <ringlet/server/server.hpp>

#include <exception>

/// Runs `serve_forever` in a thread of its own. Where nobody has joined it by then, its end shuts
/// the server down without grace.
class serving_thread {
public:
    explicit serving_thread(ringlet::server& served)
        : server_(served),
          serving_(std::async(std::launch::async, [&served] { served.serve_forever(); })) {}
    serving_thread(const serving_thread&) = delete;
    serving_thread& operator=(const serving_thread&) = delete;
    ~serving_thread() {
        if (!serving_.valid())
            return;
        server_.shutdown(std::chrono::seconds(0));
        try {
            join();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "serving_thread: %s\n", error.what());
        }
    }

    /// Waits until `serve_forever` has returned; throws what it threw.
    void join() { get_in_time(serving_); }

private:
    ringlet::server& server_;
    std::future<void> serving_;
};
