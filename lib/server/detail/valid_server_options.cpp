#include "valid_server_options.hpp"
#include "base/detail/stand_in.hpp"
#include "base/detail/valid_timeout.hpp"
#include "coro/detail/valid_rate_limit.hpp"
#include "net/detail/valid_options.hpp"
#include "ring/detail/valid_ring_options.hpp"

#include <sys/socket.h>

#include <stdexcept>
#include <string>

namespace ringlet::detail {

namespace {

void require_possible_in(stand_in& simulation, concurrency wanted) {
    constexpr auto instead = "use concurrency::loop or concurrency::threads, whose workers run as "
                             "loops here";
    if (wanted == concurrency::thread_per_request)
        simulation.refuse("concurrency::thread_per_request", instead);
    if (wanted == concurrency::forks)
        simulation.refuse("concurrency::forks", instead);
    if (wanted == concurrency::fork_per_request)
        simulation.refuse("concurrency::fork_per_request", instead);
}

}  // namespace

void require_valid(const server_options& options, int type) {
    const auto require = [](bool holds, const std::string& sentence) {
        if (!holds)
            throw std::invalid_argument("server_options: " + sentence);
    };
    const auto require_time = [](std::chrono::milliseconds duration, const char* name) {
        require_valid_timeout(duration, std::string("server_options: ") + name);
    };
    require_time(options.drain_timeout, "drain_timeout");
    require_time(options.kill_timeout, "kill_timeout");
    require_time(options.handle_request_timeout, "handle_request_timeout");
    require_time(options.idle_thread_lifetime, "idle_thread_lifetime");
    require_time(options.establish_timeout, "establish_timeout");
    require_time(options.verify_timeout, "verify_timeout");
    require_time(options.refusal_timeout, "refusal_timeout");
    require_time(options.request_timeout, "request_timeout");
    require_time(options.reply_timeout, "reply_timeout");
    require_time(options.linger_timeout, "linger_timeout");
    require_time(options.service_interval, "service_interval");
    require_time(options.restart_pause_first, "restart_pause_first");
    require_time(options.restart_pause_max, "restart_pause_max");
    require(options.restart_pause_first <= options.restart_pause_max,
            "restart_pause_first must be at most restart_pause_max");
    require(options.max_connections > 0, "max_connections must be 1 or more");
    require(options.max_threads > 0, "max_threads must be 1 or more");
    require(options.max_children > 0, "max_children must be 1 or more");
    require(options.establishing_max > 0, "establishing_max must be 1 or more");
    require(options.waiting_replies_max > 0, "waiting_replies_max must be 1 or more");
    require(options.waiting_replies_per_client_max > 0,
            "waiting_replies_per_client_max must be 1 or more");
    require(!options.datagrams.receive_bursts,
            "datagrams.receive_bursts must be off, since a server takes datagrams one by one");
    for (const establish_step& step : options.establish)
        require(type == SOCK_STREAM ? step.takes_streams() : step.takes_datagrams(),
                "establish: the step " + std::string(step.name()) +
                    (type == SOCK_STREAM ? " is for datagrams, and a stream server has none"
                                         : " is for connections, and a datagram server has none"));
    require_valid(options.listening);
    require_valid(options.datagrams);
    require_valid(options.receiving);
    require_valid(options.stream_timeouts);
    require_valid(options.accept_rate);
    require_valid(options.loop.ring);
    if (stand_in* const simulation = stand_in::current())
        require_possible_in(*simulation, options.concurrency);
}

}  // namespace ringlet::detail
