#pragma once

#include <ringlet/ring/ring.hpp>

#include <memory>

namespace ringlet {

/// A ring without io_uring: the same SQEs interpreted in user space over epoll(7) and plain system
/// calls, for where the kernel's ring is forbidden or missing. What is ready is done at once; what
/// is not waits, and costs nothing meanwhile. Files, which epoll knows nothing of, are read and
/// written by a few threads of the ring's own.
///
/// It carries out what the library uses, and answers anything else with -EINVAL, as an older kernel
/// would. It differs from the kernel's ring in this:
/// - Closing a descriptor while something waits on it closes it: the peer sees the end, and what
///   waited never completes, unless it is cancelled.
/// - A descriptor that accepts gets O_NONBLOCK.
/// - The limit on descriptors that counts is that of the moment when a client is accepted.
/// - What knows no RWF_NOWAIT (a terminal; before Linux 6.4 a pipe) is read and written once
/// poll(2)
///   says so; if another process comes in between, the ring blocks.
/// - A cancel by descriptor goes by its number, not by the file.
class epoll_ring final : public ring {
public:
    /// Throws std::invalid_argument for options out of range, std::system_error if there is no
    /// descriptor left. `first_setup` has no meaning here.
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
