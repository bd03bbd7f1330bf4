#pragma once

#include <ringlet/net/stream.hpp>

namespace ringlet {

/// Connects to `peer`, TCP or Unix; the stream lives in the loop that runs in this thread. Nagle's
/// delay is off on TCP. Throws std::system_error naming the peer. connect(2).
[[nodiscard]] task<stream> connect(address peer);

/// The same with the error in `error`, and then a stream that is not open.
[[nodiscard]] task<stream> connect(address peer, std::error_code& error);

}  // namespace ringlet
