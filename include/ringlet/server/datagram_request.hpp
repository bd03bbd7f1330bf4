#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/detail/datagram_operations.hpp>
#include <ringlet/net/detail/peer_facts.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>

#include <netinet/in.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace ringlet {

/// A datagram that a server has received, and the means to answer it. The server passes it to a
/// handler, which sends any number of datagrams as an answer, or none. They leave from the server's
/// own socket.
///
///     co_await request.reply(request.packet());
///
/// One thread: that of the loop in which the handler runs. Lifetime: the request lives as long as
/// its handler. It must not end while a datagram is being sent.
class datagram_request {
public:
    /// For servers: makes a request that is handled in the loop `owner` and answered through `fd`.
    /// The caller keeps `fd` open.
    datagram_request(loop& owner, int fd, datagram received) noexcept
        : core_(owner.core()), fd_(fd), datagram_(std::move(received)) {}
    datagram_request(const datagram_request&) = delete;
    datagram_request& operator=(const datagram_request&) = delete;

    /// The bytes of the datagram, which the handler may change. An empty datagram is a request too.
    [[nodiscard]] std::span<std::byte> packet() const noexcept { return datagram_.data(); }

    /// Whether the datagram was larger than the server receives, so that the rest of it is lost.
    [[nodiscard]] bool truncated() const noexcept { return datagram_.truncated(); }

    /// The number of bytes that the datagram had before the server truncated it, if it did.
    [[nodiscard]] std::size_t original_size() const noexcept { return datagram_.original_size(); }

    /// The sender's address. It is no address where the sender is a Unix socket without a name.
    [[nodiscard]] const address& sender() const noexcept { return datagram_.sender(); }

    /// The address of the server that the datagram was sent to, and the interface that it came by:
    /// known where the server is bound to a wildcard address. Replies leave from there.
    [[nodiscard]] const packet_info& info() const noexcept { return datagram_.info(); }

    /// Sends a datagram to the sender, from the address that it wrote to, and waits while there is
    /// no room: in this machine (UDP), or at the sender (Unix). Yields the datagram's size. Throws
    /// std::system_error, or stores the error in `error`: destination_address_required where the
    /// sender has no address; timed_out where there was no room for
    /// `server_options::reply_timeout`, or where too many replies wait already, and then the reply
    /// is dropped. `data` must last until the await is over. sendmsg(2).
    [[nodiscard]] detail::send_to_operation reply(const_buffer data, error_sink error = throws) {
        return {core_, fd_, data, {&sender(), &info()}, &pending_, error};
    }

    /// Sends a datagram to `to`, and waits while there is no room, as `reply` does. Yields the
    /// datagram's size. Throws std::system_error, or stores the error in `error`. `data` and `to`
    /// must last until the await is over. sendmsg(2).
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to,
                                                    error_sink error = throws) {
        return {core_, fd_, data, &to, &pending_, error};
    }

    /// Sends `data` to the sender as datagrams of `segment_size` bytes each; the last one may be
    /// shorter. Over UDP a burst takes a fraction of the CPU time that a reply for each datagram
    /// would take. Yields the number of bytes sent. See datagram_socket::send_burst_to for limits
    /// and errors, and `reply` for the wait, of which each piece of the burst has one.
    [[nodiscard]] detail::send_burst_operation
    reply_burst(const_buffer data, std::size_t segment_size, error_sink error = throws) {
        return {core_, fd_, protocol(), data, segment_size, {&sender(), &info()}, &pending_, error};
    }

    /// Takes the first `count` bytes off the packet, such as a header that a step before the
    /// handler has read. `count` is at most the size of `packet()`.
    void remove_prefix(std::size_t count) noexcept { datagram_.remove_prefix(count); }

    /// Attaches something that is known of the sender, for the handler: see peer_fact. `fact` is
    /// not nullptr.
    void attach(std::unique_ptr<peer_fact> fact) noexcept { facts_.add(std::move(fact)); }

    /// What was attached to the request last of the facts of this type; nullptr for nothing.
    template <std::derived_from<peer_fact> Fact>
    [[nodiscard]] const Fact* fact() const noexcept {
        return facts_.find<Fact>();
    }

    /// The loop in which the request is handled.
    [[nodiscard]] loop& owner() const noexcept { return core_.owner(); }

    /// For servers: adds the datagrams sent from now on, and their bytes, to counters. See
    /// datagram_operations::count_sent.
    void count_sent(detail::datagram_operations::counter& packets,
                    detail::datagram_operations::counter& bytes) noexcept {
        pending_.count_sent(packets, bytes);
    }

    /// For servers: has `limit` decide how long a reply waits for room. See
    /// datagram_operations::limit_waits.
    void limit_waits(detail::send_wait_limit& limit) noexcept { pending_.limit_waits(limit); }

private:
    [[nodiscard]] int protocol() const noexcept {
        return sender().family() == AF_UNIX ? 0 : IPPROTO_UDP;
    }

    detail::loop_core& core_;
    int fd_;
    datagram datagram_;
    detail::peer_facts facts_;
    detail::datagram_operations pending_;
};

}  // namespace ringlet
