#include "waiting_replies.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

namespace ringlet::detail {

namespace {

/// How many requests a server of datagrams can handle at a time, in the kind of concurrency that
/// it has.
std::size_t requests_max(const server_options& options) noexcept {
    switch (options.concurrency) {
    case concurrency::thread_per_request:
        return std::min(options.max_connections, options.max_threads);
    case concurrency::fork_per_request:
        return std::min(options.max_connections, options.max_children);
    case concurrency::threads:
        return options.max_connections;
    default:  // a handler in the loop that receives keeps the buffer of its packet
        return std::min(options.max_connections, options.receiving.packets_max);
    }
}

std::size_t places_wanted(const server_options& options) noexcept {
    const std::size_t half = std::max<std::size_t>(requests_max(options) / 2, 1);
    return std::min(options.waiting_replies_max, half);
}

// The mark of a reply tells its client in the low bits, and when it is given up in the high bits,
// in milliseconds: enough for 34 years of the clock, which begins when the machine does.
constexpr unsigned client_bits = 24;

std::uint64_t client_of(std::uint64_t mark) noexcept {
    return mark & ((std::uint64_t{1} << client_bits) - 1);
}

std::uint64_t client_of(const address& client) noexcept {
    const std::string_view bytes(reinterpret_cast<const char*>(client.data()), client.size());
    return client_of(std::hash<std::string_view>()(bytes));
}

std::uint64_t in_milliseconds(send_wait_limit::time_point time) noexcept {
    return static_cast<std::uint64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

bool waits(std::uint64_t mark, std::uint64_t now) noexcept {
    return mark >> client_bits > now;
}

}  // namespace

waiting_replies::waiting_replies(const server_options& options)
    : timeout_(options.reply_timeout), per_client_max_(options.waiting_replies_per_client_max),
      places_(places_wanted(options)) {}

send_wait_limit::wait waiting_replies::begin(const address& client,
                                             send_wait_limit::time_point now) noexcept {
    const send_wait_limit::wait none{.until = now};
    const send_wait_limit::time_point until = now + timeout_;
    if (client.family() != AF_UNIX || until == now)  // over UDP it is this machine that has no room
        return {.until = until};
    const std::uint64_t now_ms = in_milliseconds(now);
    const std::uint64_t mark = in_milliseconds(until) << client_bits | client_of(client);
    for (std::size_t i = 0; i < places_.size(); ++i) {
        std::uint64_t known = places_[i];
        if (waits(known, now_ms) || !places_[i].compare_exchange_strong(known, mark))
            continue;
        const send_wait_limit::wait begun{.until = until, .place = i, .mark = mark};
        if (count(client_of(mark), now_ms) <= per_client_max_)
            return begun;
        end(begun);
        break;
    }
    return none;
}

void waiting_replies::end(const send_wait_limit::wait& ended) noexcept {
    std::uint64_t own = ended.mark;
    if (own != 0)
        places_[ended.place].compare_exchange_strong(own, 0);
}

std::size_t waiting_replies::count(std::uint64_t client, std::uint64_t now) const noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(places_, [&](const place& taken) {
        return waits(taken, now) && client_of(taken.load()) == client;
    }));
}

}  // namespace ringlet::detail
