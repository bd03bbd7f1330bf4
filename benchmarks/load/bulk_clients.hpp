// Clients that each ask a source, by one datagram, for many: as many as are to be in flight. A
// datagram that has not come in time was lost: the client counts it, and asks for it again.
#pragma once

#include "closed_loop.hpp"
#include "descriptor.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

class bulk_clients final : public closed_loop {
public:
    // Connects the clients. Throws server_failure, std::system_error.
    bulk_clients(const endpoint& server, const load_settings& settings);

    // Counts each datagram that has come; its latency runs from the request for it.
    slice run_until(steady::time_point end) override;

private:
    static constexpr std::size_t batch = 64;

    struct client {
        descriptor socket;
        std::size_t missing = 0;
        steady::time_point asked{};
    };

    void ask(client& c, std::size_t count);
    void receive(client& c, steady::time_point end);
    void ask_again_for_lost(steady::time_point now);

    load_settings settings_;
    descriptor epoll_;
    std::vector<client> clients_;
    std::vector<std::byte> request_;  // a byte for each datagram
    std::vector<std::byte> buffers_;
    std::array<iovec, batch> data_{};
    std::array<mmsghdr, batch> messages_{};
    std::array<epoll_event, 512> events_{};
    std::size_t waiting_ = 0;      // clients
    std::uint64_t completed_ = 0;  // in this slice
    steady::time_point last_completion_{};
    steady::time_point next_look_{};  // for lost ones
};
