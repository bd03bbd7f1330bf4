#include "require_family.hpp"

#include <stdexcept>

namespace ringlet::detail {

namespace {

[[noreturn]] void refuse(const address& local, const char* server, const char* why) {
    throw std::invalid_argument(std::string(server) + ": \"" + local.to_string() + "\" is " + why);
}

}  // namespace

const address& require_ip(const address& local, const char* server) {
    if (local.family() != AF_INET && local.family() != AF_INET6)
        refuse(local, server, "no IP address; write HOST:PORT, as in 127.0.0.1:9999");
    return local;
}

const address& require_unix(const address& local, const char* server) {
    if (local.family() != AF_UNIX)
        refuse(local, server, "no Unix socket; write unix:PATH, as in unix:/run/my.sock");
    return local;
}

}  // namespace ringlet::detail
