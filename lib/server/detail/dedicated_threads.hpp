#pragma once

#include "executor.hpp"
#include "worker_thread.hpp"

#include <ringlet/base/detail/intrusive_list.hpp>

namespace ringlet::detail {

/// Each request in a thread of its own.
class dedicated_threads final : public executor {
public:
    dedicated_threads(loop& owner, std::size_t running_max, const loop_options& options);
    ~dedicated_threads() override;

    [[nodiscard]] bool in_this_loop() const noexcept override { return false; }
    void cancel() override;

private:
    /// A thread and its request; ends itself in the loop that has started it.
    class dedicated;

    void start(accepted_request request) override;

    const loop_options options_;
    bool cancelled_ = false;
    intrusive_list<dedicated> running_;
};

}  // namespace ringlet::detail
