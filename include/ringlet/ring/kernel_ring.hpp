#pragma once

#include <ringlet/ring/ring.hpp>

#include <bitset>

namespace ringlet {

/// The kernel's io_uring, by way of liburing. Needs Linux 5.11 or later; what a newer kernel adds
/// is found by asking it, never by its version.
///
/// Set-ups, in the order they are tried (io_uring_setup(2)): 0 SINGLE_ISSUER | DEFER_TASKRUN,
/// 1 SINGLE_ISSUER | COOP_TASKRUN, 2 COOP_TASKRUN, each with TASKRUN_FLAG; 3 none of these. SQPOLL
/// is never used: it costs three times the CPU per request.
class kernel_ring final : public ring {
public:
    /// Throws std::invalid_argument for options out of range, and std::system_error when the kernel
    /// refuses; its text names the likely cause (a seccomp filter, a sysctl, a limit).
    explicit kernel_ring(const ring_options& options = {});
    ~kernel_ring() override;

    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override;
    [[nodiscard]] bool supports(unsigned opcode) const noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "kernel"; }

    /// Which of the set-ups the kernel accepted.
    [[nodiscard]] unsigned setup() const noexcept { return setup_; }

private:
    void set_up(const ring_options& options);
    void probe();

    io_uring ring_{};
    unsigned setup_ = 0;
    bool registered_ = false;  // `enter` names the ring by its registered index
    std::bitset<256> supported_;
};

}  // namespace ringlet
