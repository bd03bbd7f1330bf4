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
    [[nodiscard]] std::span<std::byte> data() const noexcept {
        return contents_ == nullptr ? std::span<std::byte>()
                                    : std::span(contents_->bytes, contents_->size.size);
    }

    /// The sender's address. It is no address where the sender is a Unix socket without a name.
    [[nodiscard]] const address& sender() const noexcept { return contents().sender; }

    /// The address of this machine that the datagram was sent to, and the interface that it came
    /// by: known for datagrams of a socket that is bound to a wildcard address.
    [[nodiscard]] const packet_info& info() const noexcept { return contents().info; }

    /// Whether the datagram was larger than datagram_receiver_options::packet_size_max, so that the
    /// rest of it is lost.
    [[nodiscard]] bool truncated() const noexcept { return contents().size.truncated; }

    /// The number of bytes that were sent, those that are lost included.
    [[nodiscard]] std::size_t original_size() const noexcept {
        return contents().size.original_size;
    }

    /// Takes the first `count` bytes off, such as a header that was read; they are no part of
    /// `data()` and `original_size()` from then on. `count` is at most the size of `data()`.
    void remove_prefix(std::size_t count) noexcept;

    /// Moves the bytes to memory of the datagram's own, and gives the buffer back: then the
    /// datagram may go to another thread, outlive the loop, or be kept for long. Throws
    /// std::bad_alloc.
    void detach();

private:
    friend detail::datagram_slot;

    /// What the datagram is made of. It stays where it is while the datagram moves.
    struct contents_type {
        std::byte* bytes = nullptr;
        received_datagram size = {};
        address sender = {};
        packet_info info = {};
        detail::datagram_slot* lender = nullptr;  // to which it belongs, nullptr once detached
        std::unique_ptr<std::byte[]> own = {};    // the bytes of a datagram that is detached
    };

    struct give_back {
        void operator()(contents_type* held) const noexcept;
    };

    /// The datagram whose contents a slot lends.
    explicit datagram(contents_type& lent) noexcept : contents_(&lent) {}

    [[nodiscard]] const contents_type& contents() const noexcept {
        return contents_ == nullptr ? nothing : *contents_;
    }

    static const contents_type nothing;

    std::unique_ptr<contents_type, give_back> contents_;
};

}  // namespace ringlet
