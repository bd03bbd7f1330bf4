#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/bound_socket.hpp>

#include <chrono>

namespace ringlet::detail {

/// The longest wait for handshakes that are under way: those of clients far away take a few tenths
/// of a second, and those of clients that never answer, as in a SYN flood, a minute.
inline constexpr std::chrono::milliseconds handshakes_max{300};

/// Waits until the handshakes of TCP clients with a listening socket are over, whose
/// `refuse_clients` keeps further ones out, and `handshakes_max` at most. It ends at once where
/// none is under way, and where the network is not the system's. Never throws. Not to be cancelled.
/// The socket must outlive the await.
[[nodiscard]] task<> end_of_handshakes(const bound_socket& listening);

}  // namespace ringlet::detail
