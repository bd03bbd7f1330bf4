// Where a server is, and how one talks to it. As text: `127.0.0.1:9999`, `unix:/run/x.sock`, and
// `unix:@name` for a name in the abstract namespace.
#pragma once

#include <sys/socket.h>

#include <map>
#include <string>

enum class transport { tcp, udp, unix_stream, unix_datagram };

inline const std::map<std::string, transport> transports{
    {"tcp", transport::tcp},
    {"udp", transport::udp},
    {"unix", transport::unix_stream},
    {"unix-datagram", transport::unix_datagram},
};

constexpr bool is_stream(transport over) {
    return over == transport::tcp || over == transport::unix_stream;
}

constexpr bool is_unix(transport over) {
    return over == transport::unix_stream || over == transport::unix_datagram;
}

// As on the command line.
const std::string& name_of(transport over);

struct endpoint {
    transport over = transport::tcp;
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
};

// Throws std::invalid_argument for what is no such address.
endpoint parse_endpoint(transport over, const std::string& text);

std::string to_string(const endpoint& where);

// Of a socket that is bound. Throws std::system_error.
endpoint endpoint_of(int fd, transport over);

// A socket that can reach or be an endpoint of this transport, close-on-exec; `flags` adds to its
// type, as in socket(2). Small pieces are sent at once (TCP_NODELAY). Throws std::system_error.
int open_socket(transport over, int flags);
