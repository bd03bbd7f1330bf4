#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <coroutine>
#include <cstddef>
#include <span>
#include <vector>

namespace ringlet::detail {

/// The bytes of one packet, to be received as a stream, and those that will make up another, sent
/// as one. It is memory: nothing waits. For rfile and wfile of a datagram_request_handler.
class packet_stream {
public:
    /// `incoming` must outlive this.
    explicit packet_stream(std::span<const std::byte> incoming) noexcept : incoming_(incoming) {}

    /// The awaitable of an operation that is done already.
    class done {
    public:
        explicit done(std::size_t count) noexcept : count_(count) {}

        [[nodiscard]] bool await_ready() const noexcept { return true; }
        void await_suspend(std::coroutine_handle<> /*waiter*/) const noexcept {}
        std::size_t await_resume() const noexcept { return count_; }

    private:
        std::size_t count_;
    };

    /// The next bytes of the packet, up to the size of `buffer`; 0 is its end.
    [[nodiscard]] done recv(mutable_buffer buffer) noexcept;

    /// Adds bytes to those that have been sent. Throws std::bad_alloc.
    [[nodiscard]] done send_all(const_buffer buffer);

    /// All that has been sent.
    [[nodiscard]] std::span<const std::byte> sent() const noexcept { return sent_; }

private:
    std::span<const std::byte> incoming_;
    std::vector<std::byte> sent_;
};

}  // namespace ringlet::detail
