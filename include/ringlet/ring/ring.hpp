#pragma once

#include <ringlet/ring/detail/completion_queue.hpp>
#include <ringlet/ring/detail/submission_queue.hpp>
#include <ringlet/ring/network.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace ringlet {

/// Which ring is made, how large, and how. Sizes are rounded up to a power of two.
struct ring_options {
    /// The rings there are: see kernel_ring and epoll_ring. `any` is the one that the environment
    /// variable RINGLET_RING names; where it names none, the kernel's, or else epoll's.
    enum class kind { any, kernel, epoll };
    kind wanted = kind::any;

    /// SQEs that fit before an `enter` has to hand them over; 1 to 32,768.
    unsigned submission_entries = 512;

    /// CQEs that fit before completions overflow (nothing is lost then, but it costs time);
    /// at least `submission_entries`, at most 65,536.
    unsigned completion_entries = 8192;

    /// The first set-up to try, from the best that a recent kernel offers (0) to the plainest (3).
    /// A kernel that refuses one is offered the next; see kernel_ring.
    unsigned first_setup = 0;
};

/// The one seam: io_uring's own contract (io_uring(7)). Two queues of plain memory, which the loop
/// reads and writes inline, and one virtual call, `enter`, which submits and waits. Whoever
/// interprets the SQEs, the kernel or code in user space, stands behind it.
///
/// A ring belongs to the thread that created it; nothing in it is thread-safe.
class ring {
public:
    using clock = std::chrono::steady_clock;

    /// The deadline of a wait that only a completion ends.
    static constexpr clock::time_point no_deadline = clock::time_point::max();

    ring() = default;
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    virtual ~ring() = default;

    [[nodiscard]] detail::submission_queue& submissions() noexcept { return submissions_; }
    [[nodiscard]] detail::completion_queue& completions() noexcept { return completions_; }

    /// Hands over the first `submit` prepared SQEs, then waits until `wait_for` CQEs are ready or
    /// `deadline` has passed; with `wait_for` 0 it only collects what has completed. It may return
    /// early and may consume fewer SQEs (a signal came, memory is short): call it again.
    /// Throws std::system_error when the ring is broken, naming the call.
    virtual void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) = 0;

    /// Whether an SQE with this IORING_OP_* can be carried out.
    [[nodiscard]] virtual bool supports(unsigned opcode) const noexcept = 0;

    /// What the ring is, in a word: "kernel", ...
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The time by which deadlines are reckoned. A simulated ring answers with its virtual time.
    [[nodiscard]] virtual clock::time_point now() const noexcept { return clock::now(); }

    /// The CPU time that this thread has used (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)), or in a
    /// simulation is said to have used.
    [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() const noexcept;

    /// Where the descriptors that this ring's SQEs name live.
    [[nodiscard]] virtual network& net() const noexcept { return network::system(); }

    /// How many times completions outran the completion queue. None was lost, but a multishot
    /// operation ended; a number that grows asks for more `completion_entries`.
    [[nodiscard]] std::uint64_t overflows() const noexcept { return overflows_; }

protected:
    detail::submission_queue submissions_;
    detail::completion_queue completions_;
    std::uint64_t overflows_ = 0;
};

}  // namespace ringlet
