#pragma once

#include <cstddef>
#include <span>

/// The descriptors that ringlet has open for itself: sockets, rings, and what wakes them. A child
/// process that kept them would withhold the end of a stream from its client, or a port from who
/// listens next; with a ring it would keep every socket the ring works on. So it closes them.
///
/// Those of the program are not among them, nor the files and directories that it opened with
/// ringlet: nobody waits for their end, and a child may go on using them.
///
/// Thread-safe and lock-free, so that no fork(2) finds a lock held by a thread that the child
/// lacks.
namespace ringlet::detail::owned_descriptors {

/// `fd` is ringlet's from now on; harmless if it is already. A descriptor beyond those that have
/// been seen may need memory; where there is none it goes unnoticed.
void add(int fd) noexcept;

/// `fd` is ringlet's no longer. To be called before it is closed: afterwards another thread may
/// have got its number.
void remove(int fd) noexcept;

[[nodiscard]] bool contains(int fd) noexcept;

/// In the child of fork(2), before it has other threads: closes all but those to keep, at most
/// `kept_max`.
constexpr std::size_t kept_max = 8;
void close_in_child(std::span<const int> keep) noexcept;

/// Whether this process got `fd` from its parent, to keep.
[[nodiscard]] bool was_kept(int fd) noexcept;

/// Changes in a child that has closed them: what was there before is its parent's.
[[nodiscard]] unsigned process() noexcept;

}  // namespace ringlet::detail::owned_descriptors
