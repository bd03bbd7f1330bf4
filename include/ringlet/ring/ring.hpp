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
    /// The rings that can be made: see kernel_ring and epoll_ring. `any` is the ring that the
    /// environment variable RINGLET_RING names; where it names none, the kernel's, or else epoll's.
    enum class kind { any, kernel, epoll };

    /// Which ring is made.
    kind wanted = kind::any;

    /// How many SQEs fit before an `enter` has to hand them over; 1 to 32,768.
    unsigned submission_entries = 512;

    /// How many CQEs fit before completions overflow (nothing is lost then, but it costs time); at
    /// least `submission_entries`, at most 65,536.
    unsigned completion_entries = 8192;

    /// How the kernel's ring runs the work that a completion needs in this thread, by the flags of
    /// io_uring_setup(2). The best comes first; the numbers are the order in which they are tried.
    enum class setup : unsigned {
        defer_taskrun,  ///< SINGLE_ISSUER | DEFER_TASKRUN: in `enter` only; Linux 6.1
        single_issuer,  ///< SINGLE_ISSUER | COOP_TASKRUN: at any system call; Linux 6.0
        coop_taskrun,   ///< COOP_TASKRUN: at any system call, for any submitter; Linux 5.19
        plain,          ///< None of these flags: the kernel interrupts the thread; any Linux
    };

    /// The first set-up to try. A kernel that refuses one is offered the next. The epoll ring has
    /// no set-ups and ignores this.
    setup first_setup = setup::defer_taskrun;
};

/// The seam between the loop and whatever carries out its SQEs, the kernel or code in user space.
/// It is io_uring's own contract (io_uring(7)): two queues of plain memory, which the loop reads
/// and writes inline, and one virtual call, `enter`, which submits and waits.
///
/// One thread: a ring belongs to the thread that made it, and nothing in it is thread-safe.
class ring {
public:
    using clock = std::chrono::steady_clock;

    /// The deadline for a wait that only a completion ends.
    static constexpr clock::time_point no_deadline = clock::time_point::max();

    ring() = default;
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    virtual ~ring() = default;

    /// The queue of SQEs that the loop fills. Lifetime: this object's.
    [[nodiscard]] detail::submission_queue& submissions() noexcept { return submissions_; }

    /// The queue of CQEs that the loop empties. Lifetime: this object's.
    [[nodiscard]] detail::completion_queue& completions() noexcept { return completions_; }

    /// Hands over the first `submit` prepared SQEs, then waits until `wait_for` CQEs are ready or
    /// `deadline` has passed; with `wait_for` 0 it only collects what has completed. It may return
    /// early and may consume fewer SQEs, because a signal came or memory is short: then call it
    /// again. Throws std::system_error that names the call when the ring is broken.
    virtual void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) = 0;

    /// Whether an SQE with this IORING_OP_* can be carried out.
    [[nodiscard]] virtual bool supports(unsigned opcode) const noexcept = 0;

    /// The name of this kind of ring, such as "kernel".
    [[nodiscard]] virtual std::string_view name() const noexcept = 0;

    /// The time by which deadlines are reckoned: the clock's, or a simulated ring's virtual time.
    [[nodiscard]] virtual clock::time_point now() const noexcept { return clock::now(); }

    /// The CPU time that this thread has used (CLOCK_THREAD_CPUTIME_ID, clock_gettime(2)). A
    /// simulated ring makes it up.
    [[nodiscard]] virtual std::chrono::nanoseconds cpu_time() const noexcept;

    /// The network that the descriptors in this ring's SQEs belong to.
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
