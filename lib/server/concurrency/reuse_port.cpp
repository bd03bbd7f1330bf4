#include "server/detail/concurrency_model.hpp"
#include "server/detail/drainable.hpp"
#include "server/detail/serving_period.hpp"
#include "server/detail/worker_thread.hpp"

#include <ringlet/coro/event.hpp>
#include <ringlet/loop/detail/loop_core.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <vector>

namespace ringlet::detail {

namespace {

/// Threads that accept by themselves, each from a socket of its own with the same address.
class accepting_threads final : public drainable {
public:
    /// Starts the threads. Throws as worker_thread does, and as binding another socket does.
    explicit accepting_threads(const serving_period& period)
        : owner_(loop::require_current("serve")), period_(period) {
        const std::size_t count = worker_count(period.options());
        for (std::size_t i = 0; i < count; ++i) {
            workers_.push_back(std::make_unique<worker>(*this));
            if (i > 0)  // the first worker uses the server's own socket
                workers_.back()->own = period.open_another();
        }
        auto threads = start_worker_threads(count, period.options());
        for (std::size_t i = 0; i < count; ++i)
            workers_[i]->thread = std::move(threads[i]);
        start_serving();
    }

    void drain(loop::clock::time_point deadline) override {
        request_all(std::max(deadline - owner_.now(), loop::clock::duration::zero()));
    }
    void cancel() override { request_all(std::chrono::nanoseconds::zero()); }

    task<> join() override {
        co_await all_ended_.wait();
        if (failure_)
            std::rethrow_exception(failure_);
        for (const std::unique_ptr<worker>& member : workers_)
            if (member->failure)
                std::rethrow_exception(member->failure);
    }

private:
    struct worker final : inbox::work_item {
        explicit worker(accepting_threads& pool) : owner(pool) {}

        /// Runs in the serving loop when the worker has ended.
        void run() override {
            if (failure)
                owner.cancel();
            if (--owner.running_ == 0)
                owner.all_ended_.set();
        }
        void discard() noexcept override {}

        accepting_threads& owner;
        bound_socket own;
        shutdown_signal requested;
        std::exception_ptr failure;
        std::unique_ptr<worker_thread> thread;  // the last member, so that it ends first
    };

    // Workers that serve already come to their end before the failure is thrown.
    void start_serving() {
        try {
            for (const std::unique_ptr<worker>& member : workers_) {
                member->thread->spawn(serve(*member));
                ++running_;
            }
        } catch (...) {
            if (running_ == 0)
                throw;
            failure_ = std::current_exception();
            cancel();
        }
    }

    /// Runs in the worker's thread.
    task<> serve(worker& self) {
        bound_socket& from = self.own.is_open() ? self.own : period_.listening();
        try {
            co_await period_.serve_share(from, self.requested, workers_.size(), receiving::ahead);
        } catch (...) {
            self.failure = std::current_exception();
        }
        owner_.core().post(self);
    }

    void request_all(std::chrono::nanoseconds grace) noexcept {
        for (const std::unique_ptr<worker>& member : workers_)
            member->requested.request(grace);
    }

    loop& owner_;
    const serving_period& period_;
    std::vector<std::unique_ptr<worker>> workers_;
    std::size_t running_ = 0;
    std::exception_ptr failure_;
    event all_ended_;
};

/// A pool of threads, each with a loop and a listening socket of its own, among which the kernel
/// shares out the clients (SO_REUSEPORT, socket(7)).
class reuse_port_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        accepting_threads workers(period);
        co_await period.supervise(workers);
    }

    void prepare(bind_options& binding, const address& local) const override {
        if (local.family() == AF_UNIX)
            throw std::invalid_argument("server_options: a Unix socket has one owner of its name; "
                                        "leave to_workers at least_loaded");
        binding.reuse_port = true;
    }
};

}  // namespace

const concurrency_model& concurrency_by_reuse_port() noexcept {
    static const reuse_port_model model;
    return model;
}

}  // namespace ringlet::detail
