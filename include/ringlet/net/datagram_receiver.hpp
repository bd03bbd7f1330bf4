#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/datagram.hpp>
#include <ringlet/net/detail/receive_datagram_operation.hpp>
#include <ringlet/net/socket.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ringlet {

namespace detail {
class datagram_pool;
}  // namespace detail

/// The limits of a datagram receiver.
struct datagram_receiver_options {
    /// The bytes of a datagram that are received, at most; the rest is lost, and told. UDP carries
    /// no more than the default.
    std::size_t packet_size_max = 65'535;

    /// Datagrams that exist at a time, held by the receiver or by those who got them. Together they
    /// take as much memory as they are large, and never more than this times packet_size_max: 4 MiB
    /// by default. Beyond that they wait in the kernel.
    std::size_t packets_max = 64;

    /// Datagrams that are received at one go, where so many come. All but the one that somebody
    /// waits for are received ahead.
    std::size_t batch_max = 16;
};

/// Receives datagrams in bursts, UDP or Unix, into a bounded pool of buffers. While all of them are
/// lent it receives nothing: what comes waits in the kernel, as far as SO_RCVBUF goes.
///
/// What the network tells of datagrams sent before (ICMP) and a shortage of memory are no errors:
/// it goes on by itself.
///
/// One thread: the loop's. Lifetime: the socket, which others may use as well, stays open until
/// `stop` is over; the datagrams may outlive the receiver.
class datagram_receiver {
public:
    /// Throws std::invalid_argument for options that make no sense, and for a socket with
    /// datagram_options::receive_bursts: it takes datagrams one by one.
    datagram_receiver(loop& owner, const socket& from,
                      const datagram_receiver_options& options = {})
        : datagram_receiver(owner, from.native_handle(), options) {}

    /// The same for a descriptor, which stays the caller's.
    datagram_receiver(loop& owner, int fd, const datagram_receiver_options& options = {});

    datagram_receiver(const datagram_receiver&) = delete;
    datagram_receiver& operator=(const datagram_receiver&) = delete;

    /// Waits for the next datagram. Throws std::system_error; or stores the error in `error`, and
    /// then yields no datagram. One receive at a time; a second is a std::logic_error. A receive
    /// that is cancelled leaves what comes meanwhile to the next.
    [[nodiscard]] detail::receive_datagram_operation receive(error_sink error = throws);

    /// How many datagrams have been yielded.
    [[nodiscard]] std::uint64_t yielded() const noexcept;

    /// Stops receiving: a pending receive fails with operation_canceled, and when the await is over
    /// nothing is in flight at the socket. What had been received by then is still yielded by
    /// `receive`, which fails after that. Never throws.
    [[nodiscard]] task<> stop();

private:
    // What is in flight, and what is lent, may outlive the receiver.
    struct abandon {
        void operator()(detail::datagram_pool* left) const noexcept;
    };
    std::unique_ptr<detail::datagram_pool, abandon> pool_;
};

}  // namespace ringlet
