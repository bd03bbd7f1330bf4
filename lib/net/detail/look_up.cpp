#include "look_up.hpp"
#include "base/detail/stand_in.hpp"
#include "base/detail/standard_descriptors.hpp"

#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace ringlet::detail {

namespace {

using found_addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

void add_once(std::vector<address>& addresses, const sockaddr* native, socklen_t size) {
    const address each = address::from(native, size);
    if (std::ranges::find(addresses, each) == addresses.end())
        addresses.push_back(each);
}

int ask_system(const std::string& host, int family, std::vector<address>& addresses) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    hold_standard_descriptors();  // the sockets of the C library are out of reach
    if (const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); failure != 0)
        return failure;
    const found_addresses owner(found, &::freeaddrinfo);
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next)
        add_once(addresses, entry->ai_addr, entry->ai_addrlen);
    return 0;
}

int ask(stand_in& simulation, const std::string& host, int family,
        std::vector<address>& addresses) {
    std::vector<sockaddr_storage> found;
    if (const int failure = simulation.look_up(host, family, found); failure != 0)
        return failure;
    for (const sockaddr_storage& each : found)
        add_once(addresses, reinterpret_cast<const sockaddr*>(&each),
                 each.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
    return 0;
}

}  // namespace

std::vector<address> look_up(const std::string& host, int family, std::error_code& error) {
    stand_in* const simulation = stand_in::current();
    std::vector<address> addresses;
    const int failure = simulation == nullptr ? ask_system(host, family, addresses)
                                              : ask(*simulation, host, family, addresses);
    if (failure == EAI_SYSTEM)
        error = std::error_code(errno, std::system_category());
    else if (failure != 0)
        error = std::error_code(failure, resolver_category());
    else
        error.clear();
    return addresses;
}

std::string unresolved(const std::string& host) {
    return "cannot resolve the host name \"" + host + "\"";
}

}  // namespace ringlet::detail
