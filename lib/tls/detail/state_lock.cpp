#include "state_lock.hpp"

#include "base/detail/fork_hooks.hpp"

namespace ringlet::tls::detail {

std::mutex& state_lock::mutex() {
    // Kept for good: connections may outlive the end of main.
    static auto* const only = new std::mutex;
    static const ringlet::detail::fork_hooks hooks([] { mutex().lock(); }, [] { mutex().unlock(); },
                                                   [] { mutex().unlock(); });
    return *only;
}

}  // namespace ringlet::tls::detail
