#pragma once

#include "connected_pair.hpp"

#include <ringlet/net/stream.hpp>

#include <utility>

/// Two streams of one loop that are each other's peers.
struct stream_pair {
    stream_pair(ringlet::loop& owner, connected_pair sockets) noexcept
        : one(owner, std::move(sockets.one)), other(owner, std::move(sockets.other)) {}

    ringlet::stream one;
    ringlet::stream other;
};

/// The transports that a stream runs on, for tests of both.
enum class stream_transport { tcp, unix_socket };

inline stream_pair make_streams(ringlet::loop& owner,
                                stream_transport kind = stream_transport::tcp) {
    return {owner, kind == stream_transport::tcp ? tcp_pair() : unix_pair()};
}

/// Bounds the system's buffers between the two streams, so that a sender of megabytes has to wait.
inline void bound_buffers(stream_pair& pair) {
    constexpr int bytes = 128 * 1024;  // much less, and TCP waits for timers
    for (ringlet::stream* const end : {&pair.one, &pair.other}) {
        end->set_send_buffer_size(bytes);
        end->set_receive_buffer_size(bytes);
    }
}
