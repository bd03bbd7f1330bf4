#pragma once

#include "event_queue.hpp"
#include "operation.hpp"
#include "ring/epoll/completion_writer.hpp"

#include <ringlet/ring/ring.hpp>

#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace ringlet::testing::detail {

class endpoint;
class node;
class world;

/// A ring whose kernel is a simulated world. It carries out the operations of sockets over the
/// network of its host, and those of regular files on the system's own. What it does not know ends
/// the run with a sentence.
///
/// It differs from the kernel's ring in these points:
/// - A cancel by descriptor finds operations by the descriptor's number, not by its file.
/// - The limit on descriptors is that of the moment when a client is accepted.
/// - Pipes, timeouts, SOCK_SEQPACKET, buffers that the ring chooses, and linked SQEs are not
///   carried out.
/// - It has 64 SQEs and 256 CQEs at most, whatever is asked for.
class simulated_ring final : public ring {
public:
    simulated_ring(world& owner, node& home, const ring_options& options);
    ~simulated_ring() override;

    void enter(unsigned submit, unsigned wait_for, clock::time_point deadline) override;
    [[nodiscard]] bool supports(unsigned opcode) const noexcept override;
    [[nodiscard]] std::string_view name() const noexcept override { return "simulated"; }
    [[nodiscard]] clock::time_point now() const noexcept override;
    [[nodiscard]] std::chrono::nanoseconds cpu_time() const noexcept override;
    [[nodiscard]] network& net() const noexcept override;

    [[nodiscard]] world& owner() const noexcept { return world_; }
    [[nodiscard]] node& home() const noexcept { return home_; }

    /// How many completions can be taken.
    [[nodiscard]] unsigned ready() const noexcept { return completions_.ready(); }

    /// Attempts an operation. True if it has ended, and is gone.
    bool attempt(operation& waiting);

    /// Ends an operation, which is gone then.
    void finish(operation& ended, int result);

    /// Posts one of the completions of an operation that goes on.
    void post_with_more(const operation& going_on, int result);

    [[nodiscard]] bool completions_full() const noexcept { return writer_.full(); }

private:
    class late_completion;
    class completions_to_come;

    void take(const io_uring_sqe& sqe);
    void carry_out(const io_uring_sqe& sqe);
    void begin(const io_uring_sqe& sqe);
    void refuse_foreign(int fd);
    void cancel(const io_uring_sqe& sqe);
    [[nodiscard]] bool is_open(int fd) const noexcept;
    [[nodiscard]] std::optional<int> attempt_now(operation& tried);
    [[nodiscard]] static int failure_of(unsigned opcode) noexcept;
    void wait(operation& waiting);
    void post(const ringlet::detail::completion& cqe, bool may_be_late, endpoint* of = nullptr);

    world& world_;
    node& home_;
    ringlet::detail::epoll::completion_writer writer_;
    std::vector<io_uring_sqe> sqes_;
    unsigned head_ = 0;
    std::list<operation> operations_;  // those that wait, in their order
    std::unordered_multimap<std::uint64_t, operation*> by_user_data_;
    std::shared_ptr<completions_to_come> to_come_;
};

}  // namespace ringlet::testing::detail
