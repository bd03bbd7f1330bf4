#include "bulk_clients.hpp"

#include "../checked.hpp"
#include "dial.hpp"

#include <algorithm>
#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;

// On loopback an answer takes microseconds, or milliseconds from a server that is busy.
constexpr auto lost_after = 100ms;

}  // namespace

bulk_clients::bulk_clients(const endpoint& server, const load_settings& settings)
    : settings_(settings), epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      clients_(settings.connections), request_(settings.pipeline),
      buffers_(batch * (settings.message_bytes + 1)) {
    for (client& c : clients_) {
        c.socket = dial(server, std::chrono::milliseconds(silence_ms_max));
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &c;
        checked(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, c.socket.get(), &event), "epoll_ctl");
    }
    for (std::size_t i = 0; i < batch; ++i) {
        data_[i] = {buffers_.data() + i * (settings.message_bytes + 1), settings.message_bytes + 1};
        messages_[i].msg_hdr.msg_iov = &data_[i];
        messages_[i].msg_hdr.msg_iovlen = 1;
    }
}

slice bulk_clients::run_until(steady::time_point end) {
    completed_ = 0;
    waiting_ = clients_.size();
    const auto start = steady::now();
    last_completion_ = start;
    next_look_ = start + lost_after;
    for (client& c : clients_)
        ask(c, settings_.pipeline);
    while (waiting_ > 0) {
        const int ready = ::epoll_wait(epoll_.get(), events_.data(),
                                       static_cast<int>(events_.size()), lost_after / 1ms);
        for (int i = 0; i < ready; ++i)
            receive(*static_cast<client*>(events_[static_cast<std::size_t>(i)].data.ptr), end);
        if (const auto now = steady::now(); now >= next_look_)
            ask_again_for_lost(now);
    }
    return {completed_, last_completion_ - start};
}

void bulk_clients::ask(client& c, std::size_t count) {
    c.missing = count;
    c.asked = steady::now();
    went_through(::send(c.socket.get(), request_.data(), count, MSG_NOSIGNAL), "send");
}

// Receives datagrams. One that comes after it was asked for again does not count.
void bulk_clients::receive(client& c, steady::time_point end) {
    const int result = ::recvmmsg(c.socket.get(), messages_.data(), batch, MSG_DONTWAIT, nullptr);
    if (!went_through(result, "recvmmsg"))
        return;
    const auto now = steady::now();
    const auto count = std::min(static_cast<std::size_t>(result), c.missing);
    for (std::size_t i = 0; i < count; ++i) {
        if (messages_[i].msg_len != settings_.message_bytes)
            throw server_failure("wrong answer: " + std::to_string(messages_[i].msg_len) +
                                 " bytes");
        latencies.add(now - c.asked);
    }
    if (count == 0)
        return;
    last_completion_ = now;
    completed_ += count;
    c.missing -= count;
    if (c.missing > 0)
        return;
    if (now < end)
        ask(c, settings_.pipeline);
    else
        --waiting_;
}

void bulk_clients::ask_again_for_lost(steady::time_point now) {
    next_look_ = now + lost_after / 4;
    if (now - last_completion_ > std::chrono::milliseconds(silence_ms_max))
        throw server_failure("no answer for 5 s");
    for (client& c : clients_) {
        if (c.missing == 0 || now - c.asked < lost_after)
            continue;
        lost += c.missing;
        ask(c, c.missing);
    }
}
