#include "loop_thread.hpp"
#include "base/detail/own_thread.hpp"
#include "base/detail/stand_in.hpp"
#include "detached.hpp"

#include <ringlet/loop/detail/loop_core.hpp>

#include <exception>
#include <utility>

namespace ringlet::detail {

namespace {

detached run_to_end(const std::function<task<>()>& body, bool& done) {
    co_await body();
    done = true;
}

}  // namespace

loop_thread::loop_thread(const loop_options& options, std::optional<unsigned> cpu,
                         std::function<task<>()> body)
    : body_(std::move(body)), simulation_(stand_in::current()) {
    if (simulation_ == nullptr)
        start_thread(options, cpu);
    else
        begin_in_simulation(options);
}

loop_thread::~loop_thread() {
    join();
}

void loop_thread::start_thread(const loop_options& options, std::optional<unsigned> cpu) {
    std::promise<void> begun;
    std::future<void> started = begun.get_future();
    thread_ = start_own_thread([this, &options, cpu, &begun] { run(options, cpu, begun); });
    try {
        started.get();
    } catch (...) {
        thread_.join();
        throw;
    }
}

void loop_thread::run(const loop_options& options, std::optional<unsigned> cpu,
                      std::promise<void>& begun) noexcept {
    std::optional<loop> own_loop;
    try {
        if (cpu)
            pin_own_thread(*cpu);
        own_loop.emplace(options);
    } catch (...) {
        begun.set_exception(std::current_exception());
        return;
    }
    own_loop->core().run_until(done_, [&] {
        run_to_end(body_, done_);
        begun.set_value();
    });
}

void loop_thread::begin_in_simulation(const loop_options& options) {
    loop_.emplace(options);
    simulation_->add(loop_->core());
    try {
        loop_->core().begin_here([this] { run_to_end(body_, done_); });
    } catch (...) {
        simulation_->remove(loop_->core());
        throw;
    }
}

void loop_thread::join() {
    if (thread_.joinable())
        thread_.join();
    if (!loop_)
        return;
    loop_->core().run_until(done_, [] {});
    simulation_->remove(loop_->core());
    loop_.reset();
}

}  // namespace ringlet::detail
