// Clients that all receive what any one of them sends, the sender too: the next message goes out
// when an earlier one has come to all of them.
#pragma once

#include "closed_loop.hpp"
#include "descriptor.hpp"
#include "payload.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

class broadcast_clients final : public closed_loop {
public:
    // Connects all clients, and waits until each of them has received a message. Throws
    // server_failure, std::system_error.
    broadcast_clients(const endpoint& server, const load_settings& settings);

    // Counts a message once for each client that it comes to; its latency runs from the send to the
    // receive.
    slice run_until(steady::time_point end) override;

private:
    struct client {
        descriptor socket;
        std::uint64_t received = 0;
    };

    // A message, and the number of clients that it has yet to come to.
    struct message {
        steady::time_point sent_at{};
        std::size_t missing = 0;
    };

    client& sender() { return clients_.back(); }
    message& numbered(std::uint64_t number) { return in_flight_[number % in_flight_.size()]; }

    void greet();
    void begin_messages(std::size_t count);
    void send_begun();
    void receive(client& c);
    void watch(client& c, int operation, std::uint32_t events);

    load_settings settings_;
    payload payload_;
    descriptor epoll_;
    std::vector<client> clients_;  // the sender last
    std::vector<std::byte> buffer_;
    std::array<epoll_event, 512> events_{};
    std::vector<message> in_flight_;  // by number, modulo how many there are at a time
    std::uint64_t begun_ = 0;         // bytes that may have been sent so far
    std::uint64_t sent_ = 0;          // of these
    bool awaits_room_ = false;        // the sender, registered for EPOLLOUT
    std::size_t arrived_ = 0;         // messages that have come to everybody, of those in flight
    std::uint64_t completed_ = 0;     // deliveries, in this slice
    steady::time_point last_completion_{};
};
