#include "channel.hpp"

#include <sys/socket.h>

ssize_t channel::send(std::span<const std::byte> bytes) {
    return ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

ssize_t channel::receive(std::span<std::byte> buffer) {
    return ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
}
