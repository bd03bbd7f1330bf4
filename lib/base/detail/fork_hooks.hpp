#pragma once

#include <pthread.h>

#include <new>

namespace ringlet::detail {

/// Functions that are called around each fork(2) of the process, from when an object is made, and
/// for good: a local `static` of the function that needs them. pthread_atfork(3).
class fork_hooks {
public:
    using hook = void (*)();

    /// `before` is called in the parent before the fork, and `in_parent` and `in_child` after it;
    /// each may be nullptr. Throws std::bad_alloc.
    fork_hooks(hook before, hook in_parent, hook in_child) {
        if (::pthread_atfork(before, in_parent, in_child) != 0)
            throw std::bad_alloc();
    }

    /// Hooks for the child alone.
    explicit fork_hooks(hook in_child) : fork_hooks(nullptr, nullptr, in_child) {}
};

}  // namespace ringlet::detail
