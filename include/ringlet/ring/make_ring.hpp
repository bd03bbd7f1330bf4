#pragma once

#include <ringlet/ring/ring.hpp>

#include <memory>

namespace ringlet {

/// Makes the ring that `options.wanted` asks for. Where that is `any` and the environment variable
/// RINGLET_RING does not name one, it is the kernel's; where io_uring is not to be had, epoll's,
/// and the process reports it to the log, once, with the cause of the first refusal.
///
/// Where stdin, stdout or stderr is closed, a ring first opens /dev/null in its place: a socket
/// with that number would send its peer the log.
///
/// A ring that is asked for by name is made without asking the kernel for another: some sandboxes
/// end a program that as much as tries. Throws std::system_error if it cannot be made, and where
/// there is no descriptor left for any; std::invalid_argument for options out of range or a name
/// that is neither `kernel` nor `epoll`. Thread-safe, as far as getenv(3) is.
[[nodiscard]] std::unique_ptr<ring> make_ring(const ring_options& options = {});

}  // namespace ringlet
