// Clients that connect, exchange one message and close, over and over: the cost of a connection.
#pragma once

#include "closed_loop.hpp"
#include "payload.hpp"
#include "tls.hpp"

#include <netinet/in.h>
#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

class reconnecting_clients final : public closed_loop {
public:
    reconnecting_clients(const endpoint& server, const load_settings& settings);

    // A message counts when its connection is closed; latency runs from connect to close.
    slice run_until(steady::time_point end) override;

private:
    struct client {
        std::unique_ptr<channel> connection;
        std::shared_ptr<tls_memory> memory;
        sockaddr_in source{};
        std::uint64_t origin = 0;  // where its message starts in the payload
        std::size_t sent = 0;
        std::size_t received = 0;
        bool awaits_room = false;
        steady::time_point started{};
    };

    void connect(client& c, steady::time_point now);
    void bind_to_source(const client& c, int fd);
    void send_message(client& c);
    void proceed(client& c, std::uint32_t events, steady::time_point end);
    bool receive_message(client& c);
    bool has_ended(client& c);
    void watch(client& c, int operation, std::uint32_t events);

    endpoint server_;
    load_settings settings_;
    payload payload_;
    descriptor epoll_;
    std::vector<client> clients_;
    std::vector<std::byte> buffer_;
    std::array<epoll_event, 512> events_{};
    std::size_t in_flight_ = 0;    // connections
    std::uint64_t completed_ = 0;  // connections, in this slice
    steady::time_point last_completion_{};
};
