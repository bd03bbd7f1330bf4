#pragma once

#include <ringlet/net/address.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/packet_info.hpp>
#include <ringlet/net/received_datagram.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace ringlet {

namespace detail {
class datagram_slot;
}  // namespace detail

/// A datagram that has been received. Its bytes are in a buffer that a datagram_receiver lends; the
/// datagram gives the buffer back when it is destroyed, for the next datagram.
///
/// One thread: that of the receiver's loop. Lifetime: the datagram ends before the loop, and may
/// outlive the receiver. `detach` makes it independent of both. A datagram that has been moved from
/// may be assigned to or destroyed.
class datagram {
public:
    /// No datagram: it has no bytes and no sender.
    datagram() noexcept = default;

    /// A datagram that was not received, with a copy of `data`; it is detached. Throws
    /// std::bad_alloc.
    datagram(const_buffer data, const address& sender);

    /// The bytes of the datagram, which the caller may change. An empty datagram has none.
    /// Lifetime: this object's, until `detach`.
    [[nodiscard]] std::span<std::byte> data() const noexcept { return {data_, size_.size}; }

    /// The sender's address. It is no address where the sender is a Unix socket without a name.
    [[nodiscard]] const address& sender() const noexcept { return sender_; }

    /// The address of this machine that the datagram was sent to, and the interface that it came
    /// by: known for datagrams of a socket that is bound to a wildcard address.
    [[nodiscard]] const packet_info& info() const noexcept { return info_; }

    /// Whether the datagram was larger than datagram_receiver_options::packet_size_max, so that the
    /// rest of it is lost.
    [[nodiscard]] bool truncated() const noexcept { return size_.truncated; }

    /// The number of bytes that were sent, those that are lost included.
    [[nodiscard]] std::size_t original_size() const noexcept { return size_.original_size; }

    /// Takes the first `count` bytes off, such as a header that was read; they are no part of
    /// `data()` and `original_size()` from then on. `count` is at most the size of `data()`.
    void remove_prefix(std::size_t count) noexcept;

    /// Moves the bytes to memory of the datagram's own, and gives the buffer back: then the
    /// datagram may go to another thread, outlive the loop, or be kept for long. Throws
    /// std::bad_alloc.
    void detach();

private:
    friend detail::datagram_slot;

    struct give_back {
        void operator()(detail::datagram_slot* lent) const noexcept;
    };

    datagram(detail::datagram_slot& slot, std::byte* data, received_datagram size,
             const address& sender, const packet_info& info) noexcept
        : slot_(&slot), data_(data), size_(size), sender_(sender), info_(info) {}

    // One of these two owns the bytes: the first those that are lent, the second those detached.
    std::unique_ptr<detail::datagram_slot, give_back> slot_;
    std::unique_ptr<std::byte[]> own_;
    std::byte* data_ = nullptr;
    received_datagram size_;
    address sender_;
    packet_info info_;
};

}  // namespace ringlet
