#pragma once

#include <ringlet/ring/ring.hpp>

#include <memory>

namespace ringlet {

/// A ring without io_uring, for systems where the kernel's ring is forbidden or missing. It carries
/// out SQEs in user space, by epoll(7) and plain system calls. An operation whose descriptor is
/// ready is done at once; any other waits for it, and costs nothing meanwhile. Files, which epoll
/// cannot wait for, are read and written by a few threads of the ring's own.
///
/// The ring carries out the operations that the library uses, and answers any other with -EINVAL,
/// as an older kernel does. It differs from the kernel's ring in six points:
/// - A descriptor that is closed while an operation waits on it is closed: the peer sees the end,
///   and the operation never completes, unless it is cancelled.
/// - A descriptor that accepts gets O_NONBLOCK.
/// - The limit on descriptors is that of the moment when a client is accepted.
/// - A descriptor without RWF_NOWAIT, such as a terminal, or a pipe before Linux 6.4, is read or
///   written when poll(2) says that it is ready; if another process is faster, the ring blocks.
/// - A cancel by descriptor finds operations by the descriptor's number, not by its file.
/// - An open of a FIFO never waits for the other end. The kernel's waits where it creates or
///   truncates a file, or has to look for it on the disk.
///
/// One thread: the one that made it.
class epoll_ring final : public ring {
public:
    /// Makes the ring; `first_setup` is ignored. Throws std::invalid_argument for options out of
    /// range, std::system_error if there is no descriptor left.
    explicit epoll_ring(const ring_options& options = {});
    ~epoll_ring() override;

    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override;
    [[nodiscard]] bool supports(unsigned opcode) const noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "epoll"; }

private:
    class queues;
    std::unique_ptr<queues> queues_;
};

}  // namespace ringlet
