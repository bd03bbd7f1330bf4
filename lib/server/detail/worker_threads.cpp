#include "worker_threads.hpp"
#include "available_cpus.hpp"

namespace ringlet::detail {

worker_threads::worker_threads(loop& owner, std::size_t running_max, std::size_t count, bool pinned,
                               const loop_options& options)
    : executor(owner, running_max), workers_(count) {
    const std::vector<unsigned> cpus = pinned ? available_cpus() : std::vector<unsigned>{};
    for (std::size_t i = 0; i < count; ++i)
        workers_[i].thread = std::make_unique<worker_thread>(
            options, pinned ? std::optional(cpus[i % cpus.size()]) : std::nullopt);
}

worker_threads::worker& worker_threads::least_loaded() noexcept {
    worker* found = nullptr;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
        worker& each = workers_[(next_ + i) % workers_.size()];
        if (found == nullptr || each.requests < found->requests)
            found = &each;
    }
    next_ = static_cast<std::size_t>(found - workers_.data()) + 1;
    return *found;
}

void worker_threads::start(accepted_request request) {
    worker& chosen = least_loaded();
    ++chosen.requests;
    try {
        chosen.thread->spawn(run(std::move(request), chosen));
    } catch (...) {
        --chosen.requests;
        throw;
    }
}

task<> worker_threads::run(accepted_request request, worker& where) {
    co_await std::move(request.handling);
    --where.requests;
    ended();
}

void worker_threads::cancel() {
    executor::cancel();
    for (worker& each : workers_)
        each.thread->cancel();
}

}  // namespace ringlet::detail
