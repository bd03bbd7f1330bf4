#pragma once

#include <ringlet/base/detail/intrusive_list.hpp>
#include <ringlet/loop/detail/operation.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace ringlet::detail {

/// A member of a datagram socket: the operations pending on it, of which it takes any number at
/// once. (A stream takes one each way: see direction.)
///
/// One thread: the loop's.
class operation_group {
public:
    /// A member of each operation: its place in a group while it is pending.
    class place : public list_hook {
    public:
        /// `group` is nullptr for an operation in none.
        place(operation_group* group, operation& owner) noexcept : group_(group), owner_(owner) {}

        /// From suspending to resuming.
        void enter() noexcept {
            if (group_ != nullptr)
                group_->pending_.push_back(*this);
        }
        void leave() noexcept { unlink(); }

        /// A datagram of so many bytes has gone, or several of so many together.
        void sent(std::size_t bytes, std::size_t packets = 1) noexcept {
            if (group_ == nullptr || group_->packets_sent_ == nullptr)
                return;
            group_->packets_sent_->fetch_add(packets, std::memory_order_relaxed);
            group_->bytes_sent_->fetch_add(bytes, std::memory_order_relaxed);
        }

    private:
        friend operation_group;

        operation_group* group_;
        operation& owner_;
    };

    operation_group() noexcept = default;

    /// Moving is for sockets that move, with nothing pending.
    operation_group(operation_group&& other) noexcept { other.check_empty_to_move(); }
    operation_group& operator=(operation_group&& other) noexcept {
        check_empty_to_move();
        other.check_empty_to_move();
        return *this;
    }
    ~operation_group() {
        check(empty(), "a socket was destroyed while an operation on it was pending; await "
                       "close() first, or cancel the operation and await it");
    }

    [[nodiscard]] bool empty() const noexcept { return pending_.empty(); }

    using counter = std::atomic<std::uint64_t>;

    /// Has the datagrams that are sent added to two totals. Others may add to them and read them,
    /// in any thread. Lifetime: they must outlive this object.
    void count_sent(counter& packets, counter& bytes) noexcept {
        packets_sent_ = &packets;
        bytes_sent_ = &bytes;
    }

    /// Cancels what is pending.
    void cancel() {
        pending_.for_each([](place& each) { each.owner_.cancel(); });
    }

private:
    void check_empty_to_move() const noexcept {
        check(empty(), "a socket was moved while an operation on it was pending; await the "
                       "operation first");
    }

    intrusive_list<place> pending_;
    counter* packets_sent_ = nullptr;
    counter* bytes_sent_ = nullptr;
};

}  // namespace ringlet::detail
