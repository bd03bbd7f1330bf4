#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

/// The descriptors that ringlet has open for itself: sockets, rings, and what wakes them. A child
/// process closes them. If it kept a socket, a client would not see the end of its stream, or the
/// next server could not have the port; if it kept a ring, it would keep every socket that the ring
/// works on.
///
/// The program's own descriptors are not among them, nor the files and directories that it opened
/// with ringlet: nobody waits for their end, and a child may go on using them.
///
/// Thread-safe and lock-free, so that no fork(2) finds a lock held by a thread that the child
/// lacks.
namespace ringlet::detail::owned_descriptors {

/// Adds `fd` to the set; adding it twice is harmless. A descriptor with a number higher than any
/// before may need memory; if there is none, it is not added.
void add(int fd) noexcept;

/// Removes `fd` from the set. It must be called before `fd` is closed: afterwards another thread
/// may have got the number.
void remove(int fd) noexcept;

/// Whether `fd` is in the set.
[[nodiscard]] bool contains(int fd) noexcept;

/// A number that differs between any two times that `fd` is added after it was removed: while it
/// stays the same, the descriptor names the same file. 0 where `fd` is not in the set, so that
/// nothing is known of it.
[[nodiscard]] std::uint32_t generation(int fd) noexcept;

/// How many descriptors a child can keep, at most.
constexpr std::size_t kept_max = 8;

/// Closes every descriptor of the set but those in `keep`, at most `kept_max`. It must be called in
/// the child of fork(2) before that has other threads.
void close_in_child(std::span<const int> keep) noexcept;

/// Whether this process, a child, kept `fd` when it called `close_in_child`.
[[nodiscard]] bool was_kept(int fd) noexcept;

/// A number that changes in a child when it calls `close_in_child`. Descriptors that were opened
/// under another number belong to the parent.
[[nodiscard]] unsigned process() noexcept;

}  // namespace ringlet::detail::owned_descriptors
