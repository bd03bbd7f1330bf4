#pragma once

#include <ringlet/net/address.hpp>

namespace ringlet::detail {

/// `local`, if it is what `server` can serve. Throws std::invalid_argument saying what it is not.
const address& require_ip(const address& local, const char* server);
const address& require_unix(const address& local, const char* server);

}  // namespace ringlet::detail
