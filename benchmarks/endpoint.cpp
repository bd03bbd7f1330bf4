#include "endpoint.hpp"

#include "checked.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace {

constexpr std::string_view unix_prefix = "unix:";

endpoint parse_ip(transport over, const std::string& text) {
    endpoint parsed{.over = over, .storage = {}, .size = sizeof(sockaddr_in)};
    auto& name = reinterpret_cast<sockaddr_in&>(parsed.storage);
    name.sin_family = AF_INET;
    const auto colon = text.rfind(':');
    const std::string host = text.substr(0, colon);
    if (colon == std::string::npos || ::inet_pton(AF_INET, host.c_str(), &name.sin_addr) != 1)
        throw std::invalid_argument("expected a numeric IPv4 HOST:PORT, got '" + text + "'");
    std::uint16_t port = 0;
    const char* last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
    if (error != std::errc{} || end != last)
        throw std::invalid_argument("no port number at the end of '" + text + "'");
    name.sin_port = htons(port);
    return parsed;
}

endpoint parse_unix(transport over, const std::string& text) {
    endpoint parsed{.over = over};
    auto& name = reinterpret_cast<sockaddr_un&>(parsed.storage);
    name.sun_family = AF_UNIX;
    if (!text.starts_with(unix_prefix) || text.size() == unix_prefix.size() ||
        text.size() - unix_prefix.size() >= sizeof name.sun_path)
        throw std::invalid_argument("expected unix:PATH or unix:@NAME, got '" + text + "'");
    const std::string path = text.substr(unix_prefix.size());
    std::copy(path.begin(), path.end(), name.sun_path);
    const bool abstract = path.front() == '@';  // has no NUL at its end: every byte counts
    if (abstract)
        name.sun_path[0] = '\0';
    parsed.size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    return parsed;
}

std::string unix_to_string(const endpoint& where) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(where.storage);
    std::string path(name.sun_path, where.size - offsetof(sockaddr_un, sun_path));
    if (path.starts_with('\0'))
        path.front() = '@';
    return std::string(unix_prefix) + path.substr(0, path.find('\0'));
}

}  // namespace

const std::string& name_of(transport over) {
    return std::find_if(transports.begin(), transports.end(),
                        [over](const auto& named) { return named.second == over; })
        ->first;
}

endpoint parse_endpoint(transport over, const std::string& text) {
    return is_unix(over) ? parse_unix(over, text) : parse_ip(over, text);
}

std::string to_string(const endpoint& where) {
    if (is_unix(where.over))
        return unix_to_string(where);
    const auto& name = reinterpret_cast<const sockaddr_in&>(where.storage);
    std::array<char, INET_ADDRSTRLEN> host{};
    ::inet_ntop(AF_INET, &name.sin_addr, host.data(), host.size());
    return std::string(host.data()) + ':' + std::to_string(ntohs(name.sin_port));
}

endpoint endpoint_of(int fd, transport over) {
    endpoint bound{.over = over, .storage = {}, .size = sizeof(sockaddr_storage)};
    checked(::getsockname(fd, bound.data(), &bound.size), "getsockname");
    return bound;
}

int open_socket(transport over, int flags) {
    const int type = (is_stream(over) ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | flags;
    const int fd = checked(::socket(is_unix(over) ? AF_UNIX : AF_INET, type, 0), "socket");
    const int on = 1;
    if (over == transport::tcp)
        checked(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    return fd;
}
