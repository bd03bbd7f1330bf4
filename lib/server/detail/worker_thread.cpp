#include "worker_thread.hpp"
#include "available_cpus.hpp"
#include "base/detail/own_thread.hpp"

#include <ringlet/coro/block_on.hpp>

namespace ringlet::detail {

worker_thread::worker_thread(const loop_options& options, std::optional<unsigned> cpu) {
    std::promise<void> ready;
    std::future<void> started = ready.get_future();
    thread_ = start_own_thread([this, &options, cpu, &ready] { run(options, cpu, ready); });
    try {
        started.get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

worker_thread::~worker_thread() {
    stop();
}

void worker_thread::stop() {
    interior_->finish.tell(*loop_);
    thread_.join();
}

void worker_thread::run(const loop_options& options, std::optional<unsigned> cpu,
                        std::promise<void>& ready) noexcept {
    std::optional<loop> own_loop;
    try {
        if (cpu)
            pin_own_thread(*cpu);
        own_loop.emplace(options);
    } catch (...) {
        ready.set_exception(std::current_exception());
        return;
    }
    block_on(*own_loop, work(ready));
}

task<> worker_thread::work(std::promise<void>& ready) {
    interior own_interior;
    loop_ = &loop::require_current("worker_thread");
    interior_ = &own_interior;
    ready.set_value();
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
