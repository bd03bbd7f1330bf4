#pragma once

#include <ringlet/ring/ring.hpp>
#include <ringlet/ring/ring_options.hpp>

#include <memory>

namespace ringlet {

/// Makes the ring that `options.wanted` asks for. Where that is `any` and the environment variable
/// RINGLET_RING does not name one, it is the kernel's; if the kernel refuses, epoll's, and the
/// program says so on stderr, once, with the cause.
///
/// A ring that is asked for by name is made without asking the kernel for another: some sandboxes
/// end a program that as much as tries. Throws std::system_error if it cannot be made,
/// std::invalid_argument for options out of range or a name that is neither `kernel` nor `epoll`.
/// Thread-safe.
[[nodiscard]] std::unique_ptr<ring> make_ring(const ring_options& options = {});

}  // namespace ringlet
