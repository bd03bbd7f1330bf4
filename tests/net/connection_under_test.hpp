#pragma once

#include "connected_pair.hpp"

#include <ringlet/coro/task.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/detail/recv_operation.hpp>
#include <ringlet/net/detail/send_operation.hpp>

#include <string>
#include <string_view>
#include <system_error>

/// How an operation ended: what it yielded, and its error if it had one.
struct outcome {
    std::size_t count = 0;
    std::error_code error;
};

/// A connection with the operations of the loop's floor; its other end belongs to the test.
struct connection_under_test {
    ringlet::loop& owner;
    connected_pair pair;
    ringlet::detail::direction incoming{};
    ringlet::detail::direction outgoing{};

    using extent = ringlet::detail::send_operation::extent;

    ringlet::task<> receive(std::string& buffer, outcome& ended) {
        ended.count = co_await ringlet::detail::recv_operation(
            owner.core(), pair.fd(), buffer.data(), buffer.size(), incoming, ended.error);
    }
    ringlet::task<> send(std::string_view data, extent wanted, outcome& ended) {
        ended.count = co_await ringlet::detail::send_operation(
            owner.core(), pair.fd(), data.data(), data.size(), wanted, outgoing, ended.error);
    }
};

/// Takes what the peer of a connection can read until there is no more, without waiting.
inline std::string read_available(int fd) {
    std::string taken;
    std::string piece(std::size_t{64} << 10U, '\0');
    for (;;) {
        const ssize_t count = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT);
        if (count <= 0)
            return taken;
        taken.append(piece, 0, static_cast<std::size_t>(count));
    }
}

/// So much text that it cannot fit into the buffers of a socket pair, and no two parts are alike.
inline std::string large_text() {
    std::string text;
    for (int i = 0; text.size() < (std::size_t{4} << 20U); ++i)
        text += std::to_string(i) + ' ';
    return text;
}
