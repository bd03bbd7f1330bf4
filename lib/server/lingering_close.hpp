#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>

namespace ringlet {

/// Closes a stream so that what was sent on it arrives: where the peer may still be sending, ends
/// the sending side first and reads on, for `at_most` so long, until the peer has ended its own.
/// A plain close(2) with data unread resets the connection and destroys the reply on its way
/// (RFC 9112, section 9.6). Never throws.
[[nodiscard]] task<> lingering_close(stream& closing, std::chrono::milliseconds at_most);

}  // namespace ringlet
