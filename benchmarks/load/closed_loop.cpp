#include "closed_loop.hpp"

#include "echo_clients.hpp"
#include "reconnecting_clients.hpp"

#include <sys/epoll.h>

#include <cerrno>
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

std::unique_ptr<closed_loop> make_closed_loop(const sockaddr_in& server,
                                              const load_settings& settings) {
    if (settings.reconnect)
        return std::make_unique<reconnecting_clients>(server, settings);
    return std::make_unique<echo_clients>(server, settings);
}
