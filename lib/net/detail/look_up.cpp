#include "look_up.hpp"

#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <cerrno>
#include <memory>

namespace ringlet::detail {

std::vector<address> look_up(const std::string& host, int port, int family, int flags,
                             std::error_code& error) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_flags = flags | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (failure != 0) {
        error = failure == EAI_SYSTEM ? std::error_code(errno, std::system_category())
                                      : std::error_code(failure, resolver_category());
        return {};
    }
    error.clear();
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<address> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next)
        addresses.push_back(address::from(entry->ai_addr, entry->ai_addrlen));
    return addresses;
}

void throw_unresolved(const std::string& host, std::error_code error) {
    throw std::system_error(error, "cannot resolve the host name \"" + host + "\"");
}

}  // namespace ringlet::detail
