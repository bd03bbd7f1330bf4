#pragma once

#include "openssl.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace ringlet::tls::detail {

/// The last session with each of a number of servers, for the next connection to take up. The one
/// that was used longest ago makes room. Thread-safe.
class session_cache {
public:
    /// Keeps at most `sessions_max` sessions.
    explicit session_cache(std::size_t sessions_max) noexcept : sessions_max_(sessions_max) {}

    /// Keeps `session` as the last one with the server called `name`.
    void keep(const std::string& name, session_pointer session);

    /// The last session with the server called `name`, or nothing. A session of TLS 1.3 is for one
    /// use, so that nobody can tell that two connections are of one client (RFC 8446, C.4); one of
    /// TLS 1.2 stays.
    [[nodiscard]] session_pointer take(const std::string& name);

private:
    struct entry {
        std::string name;
        session_pointer session;
    };
    using entries = std::list<entry>;

    std::size_t sessions_max_;
    // Guarded by a state_lock.
    entries latest_first_;
    std::unordered_map<std::string_view, entries::iterator> by_name_;
};

}  // namespace ringlet::tls::detail
