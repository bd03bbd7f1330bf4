#pragma once

#include <mutex>

namespace ringlet::tls::detail {

/// Guards what the connections of all contexts share, for moments: ticket secrets, sessions, the
/// pointer to the material in use. There is one lock for all, which fork(2) waits for, so that no
/// child begins with a lock that a thread of its parent holds.
class state_lock {
public:
    state_lock() : locked_(mutex()) {}

private:
    static std::mutex& mutex();

    std::lock_guard<std::mutex> locked_;
};

}  // namespace ringlet::tls::detail
