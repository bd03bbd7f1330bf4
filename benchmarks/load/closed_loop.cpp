#include "closed_loop.hpp"

#include "../checked.hpp"
#include "broadcast_clients.hpp"
#include "bulk_clients.hpp"
#include "datagram_clients.hpp"
#include "lasting_clients.hpp"
#include "reconnecting_clients.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

int closed_loop::wait_for_events(int epoll, epoll_event* events, int count) {
    int ready;
    do
        ready = ::epoll_wait(epoll, events, count, silence_ms_max);
    while (ready < 0 && errno == EINTR);
    if (checked(ready, "epoll_wait") == 0)
        throw server_failure("no answer for " + std::to_string(silence_ms_max / 1000) + " s");
    return ready;
}

bool closed_loop::went_through(ssize_t result, const char* operation) {
    if (result < 0 && errno != EAGAIN && errno != EINTR)
        throw server_failure(operation + (": " + std::string(std::strerror(errno))));
    return result >= 0;
}

void closed_loop::open(double) {
    throw std::logic_error("these clients have no open loop");
}

std::unique_ptr<closed_loop> make_closed_loop(const endpoint& server,
                                              const load_settings& settings) {
    if (!is_stream(server.over) && settings.asked == service::source)
        return std::make_unique<bulk_clients>(server, settings);
    if (!is_stream(server.over))
        return std::make_unique<datagram_clients>(server, settings);
    if (settings.reconnect)
        return std::make_unique<reconnecting_clients>(server, settings);
    if (settings.asked == service::broadcast)
        return std::make_unique<broadcast_clients>(server, settings);
    return std::make_unique<lasting_clients>(server, settings);
}
