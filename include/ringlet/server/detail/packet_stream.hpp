#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <coroutine>
#include <cstddef>
#include <span>
#include <vector>

namespace ringlet::detail {

/// A stream in memory under `rfile` and `wfile` of a datagram_request_handler: `recv` takes the
/// bytes of one packet, and `send_all` gathers the bytes of another. No operation waits.
class packet_stream {
public:
    /// A stream whose `recv` takes the bytes of `incoming`, which must outlive it.
    explicit packet_stream(std::span<const std::byte> incoming) noexcept : incoming_(incoming) {}

    /// The awaitable of an operation that has completed already.
    class done {
    public:
        explicit done(std::size_t count) noexcept : count_(count) {}

        [[nodiscard]] bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<> /*waiter*/) const noexcept {}
        std::size_t await_resume() const noexcept { return count_; }

    private:
        std::size_t count_;
    };

    /// Takes the next bytes of the packet, as many as `buffer` holds. Yields their number; 0 at the
    /// packet's end.
    [[nodiscard]] done recv(mutable_buffer buffer) noexcept;

    /// Adds bytes to those sent before. Throws std::bad_alloc.
    [[nodiscard]] done send_all(const_buffer buffer);

    /// All bytes sent so far.
    [[nodiscard]] std::span<const std::byte> sent() const noexcept { return sent_; }

private:
    std::span<const std::byte> incoming_;
    std::vector<std::byte> sent_;
};

}  // namespace ringlet::detail
