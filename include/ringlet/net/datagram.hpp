#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace ringlet {

namespace detail {
class datagram_slot;
}  // namespace detail

/// A datagram that has been received. Its bytes are in a buffer that a datagram_receiver lends;
/// destroying the datagram gives it back, for the next one.
///
/// It belongs to its loop's thread, and may outlive the receiver. `detach` makes it independent of
/// both. What it has been moved from may be assigned to or destroyed.
class datagram {
public:
    /// No datagram: nothing, from nobody.
    datagram() noexcept = default;

    /// One that was not received, with a copy of `data`: detached. Throws std::bad_alloc.
    datagram(const_buffer data, const address& sender);

    /// Its bytes, to be changed freely; none is an empty datagram.
    [[nodiscard]] std::span<std::byte> data() const noexcept { return {data_, size_.size}; }

    /// Whom it is from; no address where that is a Unix socket without a name.
    [[nodiscard]] const address& sender() const noexcept { return sender_; }

    /// Whether it was larger than the receiver's packet_size_max, and then by how much.
    [[nodiscard]] bool truncated() const noexcept { return size_.truncated; }
    [[nodiscard]] std::size_t original_size() const noexcept { return size_.original_size; }

    /// Moves the bytes to memory of its own and gives the buffer back: then the datagram may go to
    /// another thread, outlive the loop, or be kept for long. Throws std::bad_alloc.
    void detach();

private:
    friend detail::datagram_slot;

    struct give_back {
        void operator()(detail::datagram_slot* lent) const noexcept;
    };

    datagram(detail::datagram_slot& slot, std::byte* data, received_datagram size,
             const address& sender) noexcept
        : slot_(&slot), data_(data), size_(size), sender_(sender) {}

    std::unique_ptr<detail::datagram_slot, give_back> slot_;  // whose `data_` is, or
    std::unique_ptr<std::byte[]> own_;                        // where that is detached
    std::byte* data_ = nullptr;
    received_datagram size_;
    address sender_;
};

}  // namespace ringlet
