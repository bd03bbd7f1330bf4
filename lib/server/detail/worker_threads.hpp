#pragma once

#include "executor.hpp"
#include "worker_thread.hpp"

#include <memory>
#include <vector>

namespace ringlet::detail {

/// Requests in a pool of threads: each goes to the worker that has the fewest.
class worker_threads final : public executor {
public:
    /// Starts `count` workers, each bound to a CPU of its own where `pinned`. Throws as
    /// worker_thread does.
    worker_threads(loop& owner, std::size_t running_max, std::size_t count, bool pinned,
                   const loop_options& options);

    [[nodiscard]] bool in_this_loop() const noexcept override { return false; }
    void cancel() override;

private:
    struct worker {
        std::unique_ptr<worker_thread> thread;
        std::atomic<std::size_t> requests{0};
    };

    void start(accepted_request request) override;
    task<> run(accepted_request request, worker& where);
    worker& least_loaded() noexcept;

    std::vector<worker> workers_;
    std::size_t next_ = 0;  // of those that have equally few
};

}  // namespace ringlet::detail
