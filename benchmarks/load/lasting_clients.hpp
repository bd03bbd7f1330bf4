// Clients that stay connected for the whole row, each with a fixed number of messages in flight.
#pragma once

#include "closed_loop.hpp"
#include "payload.hpp"
#include "tls.hpp"

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

class lasting_clients final : public closed_loop {
public:
    // Connects all clients. A handshake of TLS is over when this returns, since servers do not wait
    // for one for as long as others may take to be set up. Throws server_failure,
    // std::system_error.
    lasting_clients(const endpoint& server, const load_settings& settings);

    slice run_until(steady::time_point end) override;
    void open(double messages_per_second) override;

private:
    struct client {
        std::unique_ptr<channel> connection;
        std::uint64_t origin = 0;   // where its stream starts in the payload
        std::uint64_t granted = 0;  // bytes it may have sent so far
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
        bool awaits_room = false;                   // registered for EPOLLOUT
        std::deque<steady::time_point> granted_at;  // of the messages in flight, oldest first
    };

    static void establish(channel& connection);
    void send_on_schedule(steady::time_point start, steady::time_point end);
    void handle_events(int ready, steady::time_point end);
    void grant(client& c, std::size_t messages, steady::time_point now);
    void send_granted(client& c);
    void receive(client& c, steady::time_point end);
    void take(client& c, std::size_t bytes, steady::time_point end);
    void verify(const client& c, std::size_t bytes) const;
    std::size_t complete_messages(client& c, std::size_t bytes, steady::time_point now);
    void watch(client& c, int operation, std::uint32_t events);

    load_settings settings_;
    std::size_t send_bytes_max_;
    payload payload_;
    descriptor epoll_;
    std::vector<client> clients_;
    std::vector<std::byte> buffer_;
    std::array<epoll_event, 512> events_{};
    std::size_t in_flight_ = 0;            // messages, over all clients
    std::uint64_t completed_ = 0;          // messages, in this slice
    std::chrono::nanoseconds interval_{};  // between messages of an open loop; 0 in a closed one
    std::size_t next_client_ = 0;          // of an open loop
    steady::time_point last_completion_{};
};
