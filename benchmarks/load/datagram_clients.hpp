// Clients that send datagrams, each from a socket of its own, with one in flight. A datagram that
// is not answered in time was lost: the client counts it, and sends it again.
#pragma once

#include "closed_loop.hpp"
#include "descriptor.hpp"
#include "payload.hpp"

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

class datagram_clients final : public closed_loop {
public:
    // Connects the clients. Throws server_failure, std::system_error.
    datagram_clients(const endpoint& server, const load_settings& settings);

    slice run_until(steady::time_point end) override;

private:
    // Each datagram has a number, so that the late echo of one that was sent again is not taken for
    // the echo of the next.
    using number = std::uint64_t;

    struct client {
        descriptor socket;
        std::uint64_t origin = 0;  // where its messages start in the payload
        number current = 0;
        bool waits = false;        // for the echo of the current one
        bool awaits_room = false;  // registered for EPOLLOUT
        steady::time_point first_sent{};
        steady::time_point last_sent{};
    };

    void begin_next(client& c, steady::time_point now);
    void send_current(client& c);
    void receive(client& c, steady::time_point end);
    bool is_current(const client& c, std::size_t bytes) const;
    void send_lost_again(steady::time_point now);
    void watch(client& c, int operation, std::uint32_t events);
    std::span<const std::byte> rest_of_current(const client& c) const;

    load_settings settings_;
    payload payload_;
    descriptor epoll_;
    std::vector<client> clients_;
    std::vector<std::byte> buffer_;
    std::array<epoll_event, 512> events_{};
    std::size_t in_flight_ = 0;
    std::uint64_t completed_ = 0;  // in this slice
    steady::time_point last_completion_{};
    steady::time_point next_look_{};  // for lost ones
};
