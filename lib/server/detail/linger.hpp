#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/stream.hpp>

#include <chrono>
#include <cstddef>

namespace ringlet::detail {

/// What has to come before a stream is closed, so that what was sent on it arrives: where the peer
/// may still be sending, ends the sending side and reads on until the peer has ended its own, for
/// `at_most` so long and at most `bytes_max` bytes; where one of these is 0, not at all. A plain
/// close(2) with data unread resets the connection and destroys the reply on its way (RFC 9112,
/// section 9.6). Never throws.
[[nodiscard]] task<> linger(stream& ending, std::chrono::milliseconds at_most,
                            std::size_t bytes_max);

}  // namespace ringlet::detail
