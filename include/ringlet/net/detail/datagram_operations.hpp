#pragma once

#include <ringlet/net/detail/send_wait_limit.hpp>
#include <ringlet/net/detail/socket_operations.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ringlet::detail {

/// The operations that are pending on a datagram socket, any number of them at once; the totals to
/// which its sends are added, and the limit to their waits.
///
/// One thread: the loop's.
class datagram_operations : public socket_operations {
public:
    using counter = std::atomic<std::uint64_t>;

    datagram_operations() noexcept = default;

    /// Moves with a socket that moves, on which no operation is pending. The totals and the
    /// limit stay where they are.
    datagram_operations(datagram_operations&& other) noexcept
        : socket_operations(std::move(other)) {}
    datagram_operations& operator=(datagram_operations&& other) noexcept {
        socket_operations::operator=(std::move(other));
        return *this;
    }
    ~datagram_operations() = default;

    /// Adds the datagrams that are sent from now on, and their bytes, to two totals, which several
    /// sockets may share and any thread may read. Lifetime: the totals outlive this object.
    void count_sent(counter& packets, counter& bytes) noexcept {
        packets_sent_ = &packets;
        bytes_sent_ = &bytes;
    }

    /// Has `limit` decide how long a send waits for room; else it waits for ever. Lifetime: the
    /// wait limit outlives this object.
    void limit_waits(send_wait_limit& limit) noexcept { wait_limit_ = &limit; }

    /// The limit to the waits of the sends, or nullptr for none.
    [[nodiscard]] send_wait_limit* wait_limit() const noexcept { return wait_limit_; }

    /// Notes that so many datagrams have gone, of so many bytes in all.
    void sent(std::size_t bytes, std::size_t packets = 1) noexcept {
        if (packets_sent_ == nullptr)
            return;
        packets_sent_->fetch_add(packets, std::memory_order_relaxed);
        bytes_sent_->fetch_add(bytes, std::memory_order_relaxed);
    }

private:
    counter* packets_sent_ = nullptr;
    counter* bytes_sent_ = nullptr;
    send_wait_limit* wait_limit_ = nullptr;
};

}  // namespace ringlet::detail
