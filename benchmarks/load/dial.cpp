#include "dial.hpp"

#include "../checked.hpp"
#include "closed_loop.hpp"

#include <sys/time.h>

#include <cerrno>
#include <cstring>
#include <string>

descriptor dial(const endpoint& server, std::chrono::milliseconds timeout) {
    descriptor socket(open_socket(server.over, 0));
    const timeval limit{timeout.count() / 1000, timeout.count() % 1000 * 1000};
    for (const int option : {SO_SNDTIMEO, SO_RCVTIMEO})
        checked(::setsockopt(socket.get(), SOL_SOCKET, option, &limit, sizeof limit),
                "SO_SNDTIMEO");
    if (server.over == transport::unix_datagram) {
        const sockaddr any{.sa_family = AF_UNIX, .sa_data = {}};  // unix(7): autobind
        checked(::bind(socket.get(), &any, sizeof any.sa_family), "bind");
    }
    if (::connect(socket.get(), server.data(), server.size) != 0)
        throw server_failure(std::string("connect: ") +
                             std::strerror(errno == EINPROGRESS ? ETIMEDOUT : errno));
    return socket;
}
