// Echo over TLS on epoll and OpenSSL, by hand.
//
// One thread, level-triggered. OpenSSL reads ahead, so that a record costs one recv, and a small
// message two system calls, as without TLS. Records that come together are answered in one send, as
// are all parts of a handshake's step. A connection that is idle has no buffers
// (SSL_MODE_RELEASE_BUFFERS). The server sets bytes that a peer does not take aside, and until the
// peer has taken them, reads nothing more from it.
#pragma once

#include "../tls_socket.hpp"
#include "server_main.hpp"

#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

class epoll_tls_streams {
public:
    // Borrows both descriptors. The listener must be non-blocking. Throws std::system_error, and
    // std::runtime_error where the certificate or its key is of no use.
    epoll_tls_streams(int listener, int stop, const server_main::options& chosen);
    ~epoll_tls_streams();
    epoll_tls_streams(const epoll_tls_streams&) = delete;
    epoll_tls_streams& operator=(const epoll_tls_streams&) = delete;

    // Serves until `stop` is readable.
    void run();

private:
    struct freed {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* session) const { SSL_free(session); }
    };
    struct connection {
        tls_socket socket;
        std::unique_ptr<SSL, freed> tls;
        std::uint32_t watched = EPOLLIN;
        std::vector<std::byte> unsent;  // plaintext that the peer has not taken
    };

    // How a step with a connection has ended.
    enum class step { done, waits, over };

    void accept_all();
    void add_connection(int fd);
    void drop(connection& c);

    void serve(connection& c);
    step proceed(connection& c);
    step establish(connection& c);
    step echo(connection& c);
    step write(connection& c, const std::byte* data, std::size_t size);
    step after_failure(connection& c, int result) const;
    void watch(connection& c, std::uint32_t events);

    bool control(int operation, int fd, std::uint32_t events, void* data) noexcept;

    std::unique_ptr<SSL_CTX, freed> context_;
    int epoll_;
    int listener_;
    int stop_;
    std::array<std::byte, server_main::buffer_size> buffer_;
    std::array<epoll_event, 1024> events_;
};
