#pragma once

#include <ringlet/loop/loop.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/detail/operation_group.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>

#include <netinet/in.h>

#include <cstddef>
#include <span>
#include <system_error>

namespace ringlet {

/// A datagram that a server has received, with the way to answer it: a handler is given one. It is
/// answered with any number of datagrams, from the server's own socket, or with none.
///
///     co_await request.reply(request.packet());
///
/// One thread: that of the loop in which it is handled. Lifetime: as long as its handler; it must
/// not end while something is being sent.
class datagram_request {
public:
    /// For servers: handled in `owner`, and answered through `fd`, which somebody keeps open.
    datagram_request(loop& owner, int fd, datagram received) noexcept
        : core_(owner.core()), fd_(fd), datagram_(std::move(received)) {}
    datagram_request(const datagram_request&) = delete;
    datagram_request& operator=(const datagram_request&) = delete;

    /// Its bytes, to be changed freely. An empty datagram is a request too.
    [[nodiscard]] std::span<std::byte> packet() const noexcept { return datagram_.data(); }

    /// Whether it was larger than the server receives, so that the rest is lost, and how large.
    [[nodiscard]] bool truncated() const noexcept { return datagram_.truncated(); }
    [[nodiscard]] std::size_t original_size() const noexcept { return datagram_.original_size(); }

    /// The sender's address; no address where the sender is a Unix socket without a name.
    [[nodiscard]] const address& sender() const noexcept { return datagram_.sender(); }

    /// Sends a datagram to the sender, waiting while there is no room. Yields its size. Throws
    /// std::system_error, or stores that in `error`: destination_address_required where the sender
    /// has no address. `data` must last until the await is over. sendmsg(2).
    [[nodiscard]] detail::send_to_operation reply(const_buffer data) {
        return send_to(data, sender());
    }
    [[nodiscard]] detail::send_to_operation reply(const_buffer data, std::error_code& error) {
        return send_to(data, sender(), error);
    }

    /// Sends a datagram to anyone, as `reply` does to the sender; `to` must last as long as `data`.
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to) {
        return {core_, fd_, data, &to, &pending_, nullptr};
    }
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to,
                                                    std::error_code& error) {
        return {core_, fd_, data, &to, &pending_, &error};
    }

    /// Sends `data` to the sender as datagrams of `segment_size` bytes each, the last of which may
    /// be shorter: of UDP for a fraction of the CPU time that a reply for each would take. Yields
    /// the bytes sent. As datagram_socket::send_burst_to.
    [[nodiscard]] detail::send_burst_operation reply_burst(const_buffer data,
                                                           std::size_t segment_size) {
        return {core_, fd_, protocol(), data, segment_size, &sender(), &pending_, nullptr};
    }
    [[nodiscard]] detail::send_burst_operation
    reply_burst(const_buffer data, std::size_t segment_size, std::error_code& error) {
        return {core_, fd_, protocol(), data, segment_size, &sender(), &pending_, &error};
    }

    /// For servers: as operation_group::count_sent.
    void count_sent(detail::operation_group::counter& packets,
                    detail::operation_group::counter& bytes) noexcept {
        pending_.count_sent(packets, bytes);
    }

private:
    [[nodiscard]] int protocol() const noexcept {
        return sender().family() == AF_UNIX ? 0 : IPPROTO_UDP;
    }

    detail::loop_core& core_;
    int fd_;
    datagram datagram_;
    detail::operation_group pending_;
};

}  // namespace ringlet
