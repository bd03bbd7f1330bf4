#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/loop/detail/running_loop.hpp>

#include <mutex>

namespace ringlet::detail {

/// The loops that run in this process, for whoever asks after all of them.
///
/// Thread-safe.
class running_loops {
public:
    /// Throws std::bad_alloc.
    [[nodiscard]] static running_loops& of_this_process();

    void add(running_loop& one) noexcept;
    void remove(running_loop& one) noexcept;

    /// Says of the loop of this thread that many requests share it.
    void share_own() noexcept;

    /// Calls `visit(running_loop&)` for each. They go on running meanwhile, and none ends; `visit`
    /// may post to them.
    template <class Visitor>
    void for_each(const Visitor& visit) {
        const std::lock_guard lock(mutex_);
        loops_.for_each(visit);
    }

private:
    std::mutex mutex_;
    intrusive_list<running_loop> loops_;
};

}  // namespace ringlet::detail
