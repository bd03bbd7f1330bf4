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
    /// The most bytes of a datagram that are received. The rest of a longer datagram is lost, and
    /// datagram::truncated says so. UDP carries no more than the default.
    std::size_t packet_size_max = 65'535;

    /// The most datagrams that exist at a time, held by the receiver or by its callers. Together
    /// they take as much memory as they are large, and never more than this number times
    /// packet_size_max: 4 MiB by default. Further datagrams wait in the kernel.
    std::size_t packets_max = 64;

    /// The most datagrams that one burst receives. All of them but the one that a caller waits for
    /// are received ahead.
    std::size_t batch_max = 16;
};

/// Receives datagrams in bursts, UDP or Unix, into a bounded pool of buffers. While all buffers are
/// lent it receives nothing: datagrams wait in the kernel, as far as SO_RCVBUF goes.
///
/// Errors that the network reports of datagrams sent before (ICMP), and a shortage of memory, are
/// no errors of a receive: the receiver goes on by itself.
///
/// One thread: the loop's. Lifetime: the socket, which the program may use in other ways as well,
/// stays open until `stop` is over. The datagrams may outlive the receiver.
class datagram_receiver {
public:
    /// Makes a receiver for the socket `from`, which waits in the loop `owner`. Throws
    /// std::invalid_argument for options out of range, and for a socket with
    /// datagram_options::receive_bursts, since a receiver takes datagrams one by one.
    datagram_receiver(loop& owner, const socket& from,
                      const datagram_receiver_options& options = {})
        : datagram_receiver(owner, from.native_handle(), options) {}

    /// Makes a receiver for the socket whose descriptor is `fd`, which stays the caller's; it waits
    /// in the loop `owner`. Throws std::invalid_argument for options out of range, and for a socket
    /// that receives bursts (UDP_GRO), since a receiver takes datagrams one by one.
    datagram_receiver(loop& owner, int fd, const datagram_receiver_options& options = {});

    datagram_receiver(const datagram_receiver&) = delete;
    datagram_receiver& operator=(const datagram_receiver&) = delete;

    /// Waits for the next datagram and yields it. Awaiting it throws std::system_error; or stores
    /// the error in `error`, and then yields no datagram. One receive may wait at a time; awaiting
    /// a second throws std::logic_error. A cancelled receive loses no datagram: the next one gets
    /// it.
    [[nodiscard]] detail::receive_datagram_operation receive(error_sink error = throws);

    /// Whether a datagram has been received ahead, which the next receive yields without a wait.
    [[nodiscard]] bool holds_datagram() const noexcept;

    /// How many datagrams the receiver has yielded.
    [[nodiscard]] std::uint64_t yielded() const noexcept;

    /// Stops receiving: a pending receive fails with operation_canceled, and when the await is
    /// over, no operation of the receiver is pending on the socket. `receive` still yields the
    /// datagrams that had been received by then, and fails after that. Never throws, and is not
    /// cancelled.
    [[nodiscard]] task<> stop();

    /// After `stop`: receives datagrams that wait in the kernel, as many as there are free buffers,
    /// and at most batch_max. `receive` yields them. Yields whether the kernel may have more. Never
    /// throws, and is not cancelled.
    [[nodiscard]] task<bool> take_backlog();

private:
    // Operations in flight, and datagrams that are lent, may outlive the receiver.
    struct abandon {
        void operator()(detail::datagram_pool* left) const noexcept;
    };
    std::unique_ptr<detail::datagram_pool, abandon> pool_;
};

}  // namespace ringlet
