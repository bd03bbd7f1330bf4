#include "sharing_threads.hpp"

#include <algorithm>

namespace ringlet::detail {

sharing_threads::sharing_threads(loop& owner, bound_socket& first, std::vector<bound_socket> others,
                                 bool pinned, const loop_options& options, serving serve)
    : owner_(owner), others_(std::move(others)), serve_(std::move(serve)),
      threads_(owner, others_.size() + 1, others_.size() + 1, pinned, options) {
    const auto add = [this](bound_socket& from) {
        workers_.push_back(std::make_unique<worker>());
        workers_.back()->from = &from;
    };
    add(first);
    std::ranges::for_each(others_, add);
    for (const std::unique_ptr<worker>& each : workers_)
        threads_.spawn({.handling = run(*each)});  // each to another thread: one that has none yet
}

task<> sharing_threads::run(worker& self) {
    try {
        co_await serve_(*self.from, self.requested);
    } catch (...) {
        self.failure = std::current_exception();
        request_all(std::chrono::nanoseconds::zero());
    }
}

void sharing_threads::request_all(std::chrono::nanoseconds grace) noexcept {
    for (const std::unique_ptr<worker>& each : workers_)
        each->requested.request(grace);
}

void sharing_threads::drain(loop::clock::time_point deadline) {
    request_all(std::max(deadline - owner_.now(), loop::clock::duration::zero()));
}

task<> sharing_threads::join() {
    co_await threads_.join();
    for (const std::unique_ptr<worker>& each : workers_)
        if (each->failure)
            std::rethrow_exception(each->failure);
}

}  // namespace ringlet::detail
