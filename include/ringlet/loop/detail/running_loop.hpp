#pragma once

#include <ringlet/base/detail/list_hook.hpp>

namespace ringlet {

class loop;

namespace detail {

class running_loops;

/// A loop among those that run in this process, for as long as this object lives: see
/// running_loops. After fork(2) the child has none of them.
class running_loop : public list_hook {
public:
    /// Throws std::bad_alloc.
    explicit running_loop(loop& running);
    ~running_loop();

    /// The loop, which runs in the thread that made this object.
    loop& owner;

    /// Whether the requests of many share the loop, and hang if it does: that of a pool's worker.
    bool is_shared = false;

private:
    running_loops& all_;
};

}  // namespace detail

}  // namespace ringlet
