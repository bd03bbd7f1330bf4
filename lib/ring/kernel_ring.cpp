#include "base/detail/owned_descriptors.hpp"
#include "base/detail/standard_descriptors.hpp"
#include "ring/detail/kernel_abi.hpp"
#include "ring/detail/setup_error.hpp"
#include "ring/detail/valid_ring_options.hpp"

#include <ringlet/ring/kernel_ring.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>

namespace ringlet {

namespace {

// CQSIZE and SUBMIT_ALL go with each set-up but the plain one: without SUBMIT_ALL one bad SQE would
// hold back the SQEs behind it. Kernels before 5.18 do not know SUBMIT_ALL and get the plain one.
constexpr unsigned common_flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL;

// The flags of each ring_options::setup. With TASKRUN_FLAG the kernel tells in plain memory that
// there are completions to collect.
constexpr std::array setups{
    common_flags | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_DEFER_TASKRUN,
    common_flags | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER |
        IORING_SETUP_COOP_TASKRUN,
    common_flags | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_COOP_TASKRUN,
    unsigned{IORING_SETUP_CQSIZE},
};

// With NODROP a full completion queue loses nothing; with EXT_ARG a wait can carry a deadline.
constexpr unsigned required_features = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;

// A new ring may get the memory of a ring that another thread has destroyed. The thread sanitizer
// does not see liburing's munmap(2) and mmap(2), and learns their order from this counter.
std::atomic<unsigned> rings_ended{0};

}  // namespace

kernel_ring::kernel_ring(const ring_options& options) {
    detail::require_valid(options);
    detail::hold_standard_descriptors();
    set_up(options);
    detail::owned_descriptors::add(ring_.ring_fd);
    static_cast<void>(rings_ended.load(std::memory_order_acquire));
    probe();
    // A refusal of these two is not fatal: they only make `enter` cheaper and a forked child safer.
    registered_ = io_uring_register_ring_fd(&ring_) == 1;
    io_uring_ring_dontfork(&ring_);

    // The kernel finds SQEs through an array of indices, unless a newer liburing has asked it not
    // to. The array is filled once with the identity and never touched again.
    const unsigned capacity = *ring_.sq.kring_entries;
    if ((ring_.flags & IORING_SETUP_NO_SQARRAY) == 0)
        for (unsigned i = 0; i < capacity; ++i)
            ring_.sq.array[i] = i;
    submissions_ = detail::submission_queue(ring_.sq.sqes, capacity, ring_.sq.khead);
    completions_ = detail::completion_queue(
        ring_.cq.cqes, *ring_.cq.kring_entries, ring_.cq.khead, ring_.cq.ktail,
        (ring_.flags & IORING_SETUP_TASKRUN_FLAG) != 0 ? ring_.sq.kflags : nullptr);
}

kernel_ring::~kernel_ring() {
    detail::owned_descriptors::remove(ring_.ring_fd);
    rings_ended.fetch_add(1, std::memory_order_release);
    io_uring_queue_exit(&ring_);
}

void kernel_ring::set_up(const ring_options& options) {
    int result = -EINVAL;
    for (auto index = static_cast<unsigned>(options.first_setup);
         result == -EINVAL && index < setups.size(); ++index) {
        io_uring_params parameters{};
        parameters.flags = setups[index];
        parameters.cq_entries = options.completion_entries;
        result = io_uring_queue_init_params(options.submission_entries, &ring_, &parameters);
        setup_ = static_cast<ring_options::setup>(index);
    }
    if (result < 0)
        throw detail::setup_error(-result);
    ring_.ring_fd = detail::above_standard(ring_.ring_fd);
    if (ring_.ring_fd < 0)
        result = -errno;
    ring_.enter_ring_fd = ring_.ring_fd;
    if ((ring_.features & required_features) != required_features)
        result = -ENOSYS;
    if (result < 0) {
        io_uring_queue_exit(&ring_);
        throw detail::setup_error(-result);
    }
}

void kernel_ring::probe() {
    const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> answer(
        io_uring_get_probe_ring(&ring_), &io_uring_free_probe);
    if (!answer)
        return;
    for (unsigned i = 0; i < answer->ops_len; ++i)
        if ((answer->ops[i].flags & IO_URING_OP_SUPPORTED) != 0)
            supported_.set(answer->ops[i].op);
}

bool kernel_ring::supports(unsigned opcode) const noexcept {
    return opcode < supported_.size() && supported_.test(opcode);
}

void kernel_ring::enter(unsigned submit, unsigned wait_for, clock::time_point deadline) {
    std::atomic_ref(*ring_.sq.ktail).store(submissions_.tail(), std::memory_order_release);
    if ((std::atomic_ref(*ring_.sq.kflags).load(std::memory_order_relaxed) &
         IORING_SQ_CQ_OVERFLOW) != 0)
        ++overflows_;

    unsigned flags = IORING_ENTER_GETEVENTS;
    if (registered_)
        flags |= IORING_ENTER_REGISTERED_RING;
    if ((ring_.features & IORING_FEAT_NO_IOWAIT) != 0)
        flags |= IORING_ENTER_NO_IOWAIT;

    int result = 0;
    if (wait_for == 0 || deadline == no_deadline) {
        result = io_uring_enter(static_cast<unsigned>(ring_.enter_ring_fd), submit, wait_for, flags,
                                nullptr);
    } else {
        const auto begin = now();
        const auto left =
            std::max(deadline, begin) - begin;  // a deadline far in the past would overflow
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        __kernel_timespec timeout{.tv_sec = seconds.count(), .tv_nsec = (left - seconds).count()};
        io_uring_getevents_arg argument{};
        argument.sigmask_sz = _NSIG / 8;
        argument.ts = reinterpret_cast<std::uintptr_t>(&timeout);
        result = io_uring_enter2(static_cast<unsigned>(ring_.enter_ring_fd), submit, wait_for,
                                 flags | IORING_ENTER_EXT_ARG,
                                 reinterpret_cast<sigset_t*>(&argument), sizeof(argument));
    }
    switch (result) {
    case -ETIME:   // the deadline passed
    case -EINTR:   // a signal came
    case -EBUSY:   // completions overflowed and must be reaped before more is submitted
    case -EAGAIN:  // the kernel is short of memory for now
        return;
    default:
        if (result < 0)
            throw std::system_error(-result, std::system_category(), "io_uring_enter");
    }
}

}  // namespace ringlet
