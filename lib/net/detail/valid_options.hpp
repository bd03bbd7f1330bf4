#pragma once

#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>
#include <ringlet/net/listener.hpp>
#include <ringlet/net/stream_watch.hpp>

namespace ringlet::detail {

// Throw std::invalid_argument that says which option is out of range.

void require_valid(const bind_options& options);
void require_valid(const listener_options& options);
void require_valid(const datagram_options& options);
void require_valid(const datagram_receiver_options& options);
void require_valid(const stream_timeouts& timeouts);

}  // namespace ringlet::detail
