#include "session_cache.hpp"

#include "state_lock.hpp"

#include <utility>

namespace ringlet::tls::detail {

void session_cache::keep(const std::string& name, session_pointer session) {
    const state_lock locked;
    if (const auto known = by_name_.find(name); known != by_name_.end()) {
        known->second->session = std::move(session);
        latest_first_.splice(latest_first_.begin(), latest_first_, known->second);
        return;
    }
    if (latest_first_.size() >= sessions_max_) {
        by_name_.erase(latest_first_.back().name);
        latest_first_.pop_back();
    }
    latest_first_.push_front({name, std::move(session)});
    by_name_.emplace(latest_first_.front().name, latest_first_.begin());
}

session_pointer session_cache::take(const std::string& name) {
    const state_lock locked;
    const auto known = by_name_.find(name);
    if (known == by_name_.end())
        return nullptr;
    const entries::iterator found = known->second;
    if (SSL_SESSION_get_protocol_version(found->session.get()) < TLS1_3_VERSION) {
        latest_first_.splice(latest_first_.begin(), latest_first_, found);
        SSL_SESSION_up_ref(found->session.get());
        return session_pointer(found->session.get());
    }
    session_pointer taken = std::move(found->session);
    by_name_.erase(known);
    latest_first_.erase(found);
    return taken;
}

}  // namespace ringlet::tls::detail
