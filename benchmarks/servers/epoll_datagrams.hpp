// Datagrams on epoll, by hand: one thread, level-triggered. One call receives the datagrams that
// have come, up to a batch, and one call sends them back (recvmmsg(2), sendmmsg(2)). The kernel
// cuts the bytes of a source into datagrams (UDP_SEGMENT, udp(7)).
#pragma once

#include "server_main.hpp"

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <memory>

class epoll_datagrams {
public:
    // Borrows both descriptors. The socket is a blocking one, since no receive on it is in vain,
    // and a send waits for room. Throws std::system_error.
    epoll_datagrams(int socket, int stop, server_main::options chosen);
    ~epoll_datagrams();
    epoll_datagrams(const epoll_datagrams&) = delete;
    epoll_datagrams& operator=(const epoll_datagrams&) = delete;

    // Serves until `stop` is readable.
    void run();

private:
    static constexpr unsigned batch = 64;

    void echo_batch();
    void send_batch(unsigned count);
    void answer_as_source();
    void send_cut(sockaddr_storage& peer, socklen_t peer_size, std::size_t datagrams);

    int epoll_;
    int socket_;
    int stop_;
    server_main::options chosen_;
    std::unique_ptr<std::byte[]> buffers_;  // memory is used only as far as datagrams reach
    std::array<sockaddr_storage, batch> peers_{};
    std::array<iovec, batch> data_{};
    std::array<mmsghdr, batch> messages_{};
};
