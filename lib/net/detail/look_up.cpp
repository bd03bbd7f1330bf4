#include "look_up.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace ringlet::detail {

std::vector<address> look_up(const std::string& host, int family, std::error_code& error) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    hold_standard_descriptors();  // the sockets of the C library are out of reach
    const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (failure != 0) {
        error = failure == EAI_SYSTEM ? std::error_code(errno, std::system_category())
                                      : std::error_code(failure, resolver_category());
        return {};
    }
    error.clear();
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<address> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        const address each = address::from(entry->ai_addr, entry->ai_addrlen);
        if (std::ranges::find(addresses, each) == addresses.end())
            addresses.push_back(each);
    }
    return addresses;
}

std::string unresolved(const std::string& host) {
    return "cannot resolve the host name \"" + host + "\"";
}

}  // namespace ringlet::detail
