#pragma once

#include "waiting_operation.hpp"

#include <ringlet/ring/ring.hpp>

#include <optional>

namespace ringlet::detail::epoll {

struct ring_state;

/// The result and the flags of a final CQE. An int is one without flags: a count or `-errno`.
struct outcome {
    constexpr outcome(int given_result, unsigned given_flags = 0) noexcept
        : result(given_result), flags(given_flags) {}

    int result;
    unsigned flags;
};

/// Accepts each SQE of its opcode.
[[nodiscard]] constexpr bool accepts_all(const io_uring_sqe& /*sqe*/) noexcept {
    return true;
}

/// All that the interpreter knows of an opcode. Each file in op/ describes one, or a few that are
/// alike; op_table.cpp lists them. A hook that an opcode has no use for is nullptr.
///
/// An SQE is refused with -EINVAL, or attempted at once, or waits. Where it waits it is attempted
/// again when what it waits for comes to pass, until an attempt has an outcome.
struct op_description {
    using time_point = ring::clock::time_point;

    /// The IOSQE_ flags that it may carry. IOSQE_ASYNC means nothing here.
    unsigned sqe_flags = IOSQE_ASYNC;

    /// Whether all other fields and flags of an SQE are understood.
    bool (*accepts)(const io_uring_sqe& sqe) noexcept = accepts_all;

    /// It is about the open descriptor `fd`, and refused with -EBADF where there is none.
    bool at_descriptor = false;

    /// Where it waits when an attempt has no outcome. One that waits for input or output queues
    /// behind those that do so before it. Nothing: each attempt has an outcome.
    awaited waits_for = awaited::nothing;

    /// The description that holds in place of this one where `fd` is a file, which epoll knows
    /// nothing of.
    const op_description* of_files = nullptr;

    /// Prepares the descriptor for all attempts to come.
    void (*prepare)(int fd) noexcept = nullptr;

    /// Whether an SQE asks to end at once, whatever else waits at its descriptor.
    bool (*never_waits)(const io_uring_sqe& sqe) noexcept = nullptr;

    /// Carries out what can be done without blocking. Nothing, where the operation has to wait. One
    /// without this hook waits at once. May throw std::bad_alloc.
    std::optional<outcome> (*attempt)(ring_state& ring, const io_uring_sqe& sqe,
                                      progress& so_far) = nullptr;

    /// Whether an SQE that epoll says is ready, and is not, has to wait for what epoll(7) does not
    /// tell of: room at the other end of a Unix socket. It is then attempted from time to time.
    bool (*waits_for_peer)(const io_uring_sqe& sqe) noexcept = nullptr;

    /// When one that waits for time is attempted again.
    time_point (*due)(const io_uring_sqe& sqe) noexcept = nullptr;

    /// Copies to `kept` what an SQE that is about to wait points to and its caller may free
    /// meanwhile. May throw std::bad_alloc.
    void (*keep)(waiting_operation& operation, kept_memory& kept) = nullptr;

    /// Carries out the rest in a worker's thread, where it may block; its result is `-errno`, or
    /// what it has moved beyond `so_far.done`. An opcode that has this hook goes to the workers
    /// where it waits for one, and where epoll cannot watch its descriptor.
    int (*work)(const waiting_operation& operation) noexcept = nullptr;
};

/// The description of an opcode, or nullptr for one that is not interpreted.
[[nodiscard]] const op_description* description_of(unsigned opcode) noexcept;

}  // namespace ringlet::detail::epoll
