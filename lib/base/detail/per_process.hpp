#pragma once

#include "base/detail/fork_hooks.hpp"

#include <atomic>
#include <memory>

namespace ringlet::detail {

/// An object that a process has one of: it is made at the first use, and never destroyed, so that
/// threads may use it while the program ends. After fork(2) the child makes one of its own, since
/// the parent's may be locked by a thread that the child does not have.
template <class T>
class per_process {
public:
    /// The object of this process. Thread-safe. Throws std::bad_alloc, and what making it throws.
    [[nodiscard]] static T& get() {
        T* known = instance_;
        if (known != nullptr)
            return *known;
        static const fork_hooks hooks([] { instance_ = nullptr; });
        auto created = std::make_unique<T>();
        return instance_.compare_exchange_strong(known, created.get()) ? *created.release()
                                                                       : *known;
    }

    /// Whether `one` is the object of this process, and not that of a parent.
    [[nodiscard]] static bool has(const T& one) noexcept { return instance_ == &one; }

private:
    static inline std::atomic<T*> instance_{nullptr};
};

}  // namespace ringlet::detail
