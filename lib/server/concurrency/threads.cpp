#include "server/detail/bounded_dispatcher.hpp"
#include "server/detail/concurrency_model.hpp"
#include "server/detail/serving_period.hpp"
#include "server/detail/worker_thread.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace ringlet::detail {

namespace {

/// Gives each request to the thread of a pool that has the fewest requests.
class dispatcher_to_pool final : public bounded_dispatcher {
public:
    /// Starts the threads. Throws as worker_thread does.
    dispatcher_to_pool(loop& owner, const serving_period& period)
        : bounded_dispatcher(owner, period.options().max_connections, period, place::elsewhere),
          workers_(worker_count(period.options())) {
        auto threads = start_worker_threads(workers_.size(), period.options());
        for (std::size_t i = 0; i < workers_.size(); ++i)
            workers_[i].thread = std::move(threads[i]);
    }

    void cancel() override {
        bounded_dispatcher::cancel();
        for (worker& member : workers_)
            member.thread->cancel();
    }

private:
    struct worker {
        std::unique_ptr<worker_thread> thread;
        std::atomic<std::size_t> requests{0};
    };

    void start(dispatched_request& request) override {
        worker& chosen = least_loaded();
        ++chosen.requests;
        try {
            chosen.thread->spawn(
                handle(std::move(request.handling), std::move(request.permit), chosen));
        } catch (...) {
            --chosen.requests;
            throw;
        }
    }

    /// Runs in the worker's thread.
    task<> handle(task<> handling, peer_limit::permit permit, worker& chosen) {
        co_await std::move(handling);
        permit = {};
        --chosen.requests;
        ended();
    }

    worker& least_loaded() noexcept {
        worker* chosen = &workers_[next_ % workers_.size()];
        for (std::size_t i = 1; i < workers_.size(); ++i) {
            worker& candidate = workers_[(next_ + i) % workers_.size()];
            if (candidate.requests < chosen->requests)
                chosen = &candidate;
        }
        next_ = static_cast<std::size_t>(chosen - workers_.data()) + 1;
        return *chosen;
    }

    std::vector<worker> workers_;
    std::size_t next_ = 0;  // the worker that is chosen first among equally loaded ones
};

/// A pool of threads, each with a loop, to which the serving loop gives the requests it accepts.
class threads_model final : public concurrency_model {
    task<> serve(serving_period& period) const override {
        dispatcher_to_pool handlers(loop::require_current("serve"), period);
        co_await period.serve(handlers);
    }
};

}  // namespace

const concurrency_model& concurrency_in_threads() noexcept {
    static const threads_model model;
    return model;
}

}  // namespace ringlet::detail
