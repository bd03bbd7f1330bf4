#include "base/detail/own_thread.hpp"

#include <ringlet/base/log.hpp>
#include <ringlet/server/serving_thread.hpp>

#include <utility>

namespace ringlet {

serving_thread::serving_thread(server& served) : server_(served) {
    if (!served.serving_ && !served.closed_)  // otherwise the thread will tell the mistake
        served.open_if_not();
    thread_ = detail::start_own_thread([this] { run(); });
}

serving_thread::~serving_thread() {
    try {
        stop();
    } catch (...) {
        const std::exception_ptr failure = std::current_exception();
        log(log_level::error, "serving in the background failed", {{"error", failure}});
    }
}

void serving_thread::run() noexcept {
    try {
        server_.serve_forever();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

void serving_thread::stop() {
    stop(server_.options().drain_timeout);
}

// A shutdown that comes when serving has just ended by itself must not end the next period of
// serving.
void serving_thread::stop(std::chrono::nanoseconds grace) {
    if (!thread_.joinable())
        return;
    server_.shutdown(grace);
    thread_.join();
    server_.shutdown_.reset();
    join();
}

void serving_thread::join() {
    if (thread_.joinable())
        thread_.join();
    if (failure_)
        std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace ringlet
