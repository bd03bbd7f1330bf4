#pragma once

#include <ringlet/ring/ring.hpp>

#include <memory>

namespace ringlet {

/// Makes the ring that `options.wanted` asks for. `any` stands for the ring that the environment
/// variable RINGLET_RING names; if it names none, for the kernel's ring, or for the epoll ring
/// where the kernel refuses io_uring. The process reports such a refusal to the log, once, with its
/// cause.
///
/// In a thread in which a simulation runs, the ring is one of the simulation's, whatever is asked
/// for.
///
/// Where stdin, stdout or stderr is closed, a ring first opens /dev/null in its place: a socket
/// with that number would send its peer the log.
///
/// Where the limit on locked memory leaves no room for a kernel ring that is asked for by name, the
/// call waits for up to a second, since rings that were closed a moment ago still count.
///
/// The epoll ring that is asked for by name is made without a try of io_uring, for which some
/// sandboxes kill a program. Throws std::system_error if the ring cannot be made, or if there is no
/// descriptor left for any ring; std::invalid_argument for options out of range, or for a
/// RINGLET_RING that is neither `kernel` nor `epoll`. Thread-safe, as far as getenv(3) is.
[[nodiscard]] std::unique_ptr<ring> make_ring(const ring_options& options = {});

}  // namespace ringlet
