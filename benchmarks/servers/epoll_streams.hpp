// Connections on epoll, by hand.
//
// One thread, level-triggered. A readable connection gets one recv and, at once, one send: the send
// nearly always takes everything, so a message costs two system calls and its share of an
// epoll_wait. All connections share one receive buffer, which therefore stays in the cache. Bytes
// that a peer does not take are set aside, and until it has taken them, the server reads nothing
// more from that peer: memory is bounded, and TCP slows the sender down.
//
// A broadcast sends to all peers at once, and sets the bytes that a peer does not take aside for
// it, up to a limit.
#pragma once

#include "deadlines.hpp"
#include "server_main.hpp"

#include <sys/epoll.h>
#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

class epoll_streams {
public:
    // Borrows both descriptors. The listener must be non-blocking. Throws std::system_error.
    epoll_streams(int listener, int stop, const server_main::options& chosen);
    ~epoll_streams();
    epoll_streams(const epoll_streams&) = delete;
    epoll_streams& operator=(const epoll_streams&) = delete;

    // Serves until `stop` is readable.
    void run();

private:
    // The state of a connection to a sink or a source.
    struct account {
        std::size_t taken = 0;  // of a message that is not complete
        std::size_t owed = 0;   // bytes to send
        bool awaits_room = false;
    };

    int wait_ms() const noexcept;
    void accept_all();
    void pause_accepting();
    void resume_accepting();
    void add_connection(int fd);
    void drop_connection(int fd);

    void serve(int fd, std::uint32_t events);
    ssize_t receive(int fd);

    bool echoes() const noexcept { return service_ == service::echo || service_ == service::once; }
    void echo(int fd);
    void set_aside(int fd, const std::byte* first, const std::byte* last);
    void send_rest(int fd);

    void broadcast(int fd);
    void send_to_member(int fd, const std::byte* data, std::size_t size);

    void count(int fd);
    void pay(int fd);

    bool control(int operation, int fd, std::uint32_t events) noexcept;
    std::vector<std::byte>& unsent(int fd) { return unsent_[static_cast<std::size_t>(fd)]; }
    account& account_of(int fd) { return accounts_[static_cast<std::size_t>(fd)]; }

    int epoll_;
    int listener_;
    int stop_;
    service service_;
    std::size_t message_bytes_;
    bool accepting_ = true;
    std::chrono::steady_clock::time_point resume_at_{};  // read only while not accepting
    std::optional<deadlines> deadlines_;
    std::array<std::byte, server_main::buffer_size> buffer_;
    std::array<epoll_event, 1024> events_;
    std::vector<std::vector<std::byte>>
        unsent_;                     // by descriptor; empty unless the peer is slow to read
    std::vector<int> members_;       // of a broadcast: the descriptors
    std::vector<account> accounts_;  // by descriptor; of a sink and a source
    std::vector<std::byte> zeros_;   // what is owed
};
