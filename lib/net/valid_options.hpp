#pragma once

#include <ringlet/net/bind_options.hpp>
#include <ringlet/net/datagram_options.hpp>
#include <ringlet/net/datagram_receiver_options.hpp>
#include <ringlet/net/listener_options.hpp>
#include <ringlet/net/stream_timeouts.hpp>

namespace ringlet {

// Throw std::invalid_argument that says which option is out of range.

void require_valid(const bind_options& options);
void require_valid(const listener_options& options);
void require_valid(const datagram_options& options);
void require_valid(const datagram_receiver_options& options);
void require_valid(const stream_timeouts& timeouts);

}  // namespace ringlet
