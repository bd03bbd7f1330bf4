// The bytes of a client, on their way to a server and back: over a socket, or over TLS on one.
#pragma once

#include "descriptor.hpp"

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <utility>

class channel {
public:
    // Takes a socket, which must be a non-blocking one.
    explicit channel(descriptor socket) noexcept : socket_(std::move(socket)) {}
    virtual ~channel() = default;
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    int native_handle() const noexcept { return socket_.get(); }

    // Goes on with the handshake, if there is one: whether it is over. Without this the first send
    // does it.
    virtual bool establish() { return true; }

    // Sends as much as there is room for: the number of bytes, or -1 and errno, as send(2).
    virtual ssize_t send(std::span<const std::byte> bytes);

    // Receives what has come, as recv(2).
    virtual ssize_t receive(std::span<std::byte> buffer);

    // Whether there may be more to receive of which epoll does not tell.
    virtual bool has_more() const noexcept { return false; }

    // Whether the last send stopped since the peer has to say something first.
    virtual bool awaits_peer() const noexcept { return false; }

    // Ends the connection.
    virtual void close() { socket_.close(); }

    // Gives the socket away. The peer hears nothing of it.
    descriptor release() noexcept { return std::move(socket_); }

private:
    descriptor socket_;
};
