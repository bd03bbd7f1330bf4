#pragma once

#include <ringlet/ring/ring.hpp>

#include <bitset>

namespace ringlet {

/// The kernel's io_uring, by way of liburing. It needs Linux 5.11 or later. What a newer kernel
/// offers is found by asking that kernel, never by its version: the set-ups of
/// ring_options::setup are tried in their order. SQPOLL (io_uring_setup(2)) is never used, since it
/// costs three times the CPU time per request.
///
/// One thread: the one that made it.
class kernel_ring final : public ring {
public:
    /// Makes the ring. Throws std::invalid_argument for options out of range, and std::system_error
    /// when the kernel refuses; the error's text names the likely cause (a seccomp filter, a
    /// sysctl, a limit).
    explicit kernel_ring(const ring_options& options = {});
    ~kernel_ring() override;

    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override;
    [[nodiscard]] bool supports(unsigned opcode) const noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "kernel"; }

    /// The set-up that the kernel accepted.
    [[nodiscard]] ring_options::setup setup() const noexcept { return setup_; }

private:
    void set_up(const ring_options& options);
    void probe();

    io_uring ring_{};
    ring_options::setup setup_ = ring_options::setup::defer_taskrun;
    bool registered_ = false;  // `enter` names the ring by its registered index
    std::bitset<256> supported_;
};

}  // namespace ringlet
