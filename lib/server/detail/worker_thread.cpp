#include "worker_thread.hpp"
#include "available_cpus.hpp"
#include "base/detail/blocked_signals.hpp"

#include <ringlet/coro/block_on.hpp>

#include <pthread.h>
#include <sched.h>

#include <system_error>

namespace ringlet::detail {

namespace {

void bind_to(std::thread& thread, unsigned cpu) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(cpu, &cpus);
    if (const int error = ::pthread_setaffinity_np(thread.native_handle(), sizeof(cpus), &cpus))
        throw std::system_error(error, std::system_category(),
                                "binding a worker thread to CPU " + std::to_string(cpu));
}

}  // namespace

worker_thread::worker_thread(const loop_options& options, std::optional<unsigned> cpu) {
    std::promise<void> ready;
    std::future<void> started = ready.get_future();
    {
        const blocked_signals signals_guard;
        thread_ = std::thread([this, &options, &ready] { run(options, ready); });
    }
    try {
        started.get();
    } catch (...) {
        thread_.join();
        throw;
    }
    try {
        if (cpu)
            bind_to(thread_, *cpu);
    } catch (...) {
        stop();
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

void worker_thread::run(const loop_options& options, std::promise<void>& ready) noexcept {
    std::optional<loop> own_loop;
    try {
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
