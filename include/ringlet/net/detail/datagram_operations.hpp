#pragma once

#include <ringlet/net/detail/socket_operations.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ringlet::detail {

/// What is pending on a datagram socket, which takes any number of operations at once, and where
/// its sends are counted.
///
/// One thread: the loop's.
class datagram_operations : public socket_operations {
public:
    using counter = std::atomic<std::uint64_t>;

    datagram_operations() noexcept = default;

    /// Moving is for sockets that move, with nothing pending. The totals stay where they are.
    datagram_operations(datagram_operations&& other) noexcept
        : socket_operations(std::move(other)) {}
    datagram_operations& operator=(datagram_operations&& other) noexcept {
        socket_operations::operator=(std::move(other));
        return *this;
    }
    ~datagram_operations() = default;

    /// Has the datagrams that are sent added to two totals. Others may add to them and read them,
    /// in any thread. Lifetime: they must outlive this object.
    void count_sent(counter& packets, counter& bytes) noexcept {
        packets_sent_ = &packets;
        bytes_sent_ = &bytes;
    }

    /// Counts datagrams that have gone: so many bytes together.
    void sent(std::size_t bytes, std::size_t packets = 1) noexcept {
        if (packets_sent_ == nullptr)
            return;
        packets_sent_->fetch_add(packets, std::memory_order_relaxed);
        bytes_sent_->fetch_add(bytes, std::memory_order_relaxed);
    }

private:
    counter* packets_sent_ = nullptr;
    counter* bytes_sent_ = nullptr;
};

}  // namespace ringlet::detail
