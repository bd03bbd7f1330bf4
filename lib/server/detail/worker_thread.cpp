#include "worker_thread.hpp"
#include "available_cpus.hpp"
#include "loop/detail/running_loops.hpp"

namespace ringlet::detail {

worker_thread::worker_thread(const loop_options& options, std::optional<unsigned> cpu)
    : thread_(options, cpu, [this] { return work(); }) {}

worker_thread::~worker_thread() {
    interior_->finish.tell(*loop_);
    thread_.join();
}

task<> worker_thread::work() {
    interior own_interior;
    loop_ = &loop::require_current("worker_thread");
    interior_ = &own_interior;
    running_loops::of_this_process().share_own();
    co_await own_interior.finished.wait();
    co_await own_interior.tasks.join();
}

void worker_thread::spawn(task<> work) {
    loop_->post(
        [this, work = std::move(work)]() mutable { interior_->tasks.spawn(std::move(work)); });
}

void worker_thread::cancel() noexcept {
    interior_->cancel.tell(*loop_);
}

std::vector<std::unique_ptr<worker_thread>> start_worker_threads(std::size_t count,
                                                                 const server_options& options) {
    const auto cpus = options.pin_workers ? available_cpus() : std::vector<unsigned>{};
    std::vector<std::unique_ptr<worker_thread>> threads;
    for (std::size_t i = 0; i < count; ++i)
        threads.push_back(std::make_unique<worker_thread>(
            options.loop, cpus.empty() ? std::nullopt : std::optional(cpus[i % cpus.size()])));
    return threads;
}

}  // namespace ringlet::detail
