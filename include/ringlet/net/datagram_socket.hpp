#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/datagram_operations.hpp>
#include <ringlet/net/detail/recv_burst_operation.hpp>
#include <ringlet/net/detail/recv_from_operation.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/packet_info.hpp>

#include <utility>

namespace ringlet {

/// How a datagram socket is opened.
struct datagram_options {
    /// How the socket gets its address.
    bind_options binding = {};

    /// Whether the socket may send to broadcast addresses (SO_BROADCAST). socket(7).
    bool broadcast = false;

    /// Whether the kernel may deliver several datagrams of one sender together (UDP_GRO). Only
    /// `recv_burst` and `recv_burst_from` tell them apart; any other receive takes them for one
    /// large datagram. A datagram that comes alone costs a little more. It has no effect on a Unix
    /// socket. udp(7).
    bool receive_bursts = false;

    /// The size in bytes of the kernel's buffer for received datagrams (SO_RCVBUF), which the
    /// kernel doubles and bounds; 0 leaves it as it is. UDP drops a datagram that finds no room
    /// there; that of a Unix socket waits at its sender. socket(7).
    int receive_buffer_size = 0;

    /// The size in bytes of the kernel's buffer for datagrams to send (SO_SNDBUF), which the kernel
    /// doubles and bounds; 0 leaves it as it is. socket(7).
    int send_buffer_size = 0;
};

/// A socket for datagrams: UDP or Unix. Any number of sends and receives may be pending at a time.
/// Each sends or receives one datagram, or a burst: many datagrams that go to one receiver, or come
/// from one sender, together. For a server that receives from many senders, see datagram_receiver.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or stores the
/// error in the std::error_code that is passed last, which a success clears. Where the scope of the
/// coroutine is cancelled, the error is operation_canceled, or timed_out for a deadline. Buffers
/// and addresses must last until the await is over.
///
/// Only a connected socket learns that nobody receives at the other end: one of the next operations
/// fails with connection_refused, and the socket can be used as before. udp(7).
///
/// One thread: the loop's. Lifetime: the socket must not move or be destroyed while an operation on
/// it is pending.
class datagram_socket {
public:
    /// Opens a socket that is bound to `local`. Its operations wait in the loop that runs in this
    /// thread. Throws std::system_error naming the address, std::invalid_argument for no address,
    /// and std::logic_error outside a loop.
    explicit datagram_socket(const address& local, const datagram_options& options = {})
        : datagram_socket(loop::require_current("datagram_socket"), local, options) {}

    /// Takes over a datagram socket, bound, connected or neither. Its operations wait in the loop
    /// that runs in this thread. Throws std::logic_error outside a loop.
    explicit datagram_socket(bound_socket taken)
        : datagram_socket(loop::require_current("datagram_socket"), std::move(taken)) {}

    /// Opens a socket that is bound to `local`. Its operations wait in the loop `owner`, which need
    /// not run yet. Throws std::system_error naming the address, and std::invalid_argument for no
    /// address.
    datagram_socket(loop& owner, const address& local, const datagram_options& options = {})
        : datagram_socket(owner, open(owner.net(), local, options)) {}

    /// Takes over a datagram socket, bound, connected or neither. Its operations wait in the loop
    /// `owner`, which need not run yet.
    datagram_socket(loop& owner, bound_socket taken) noexcept
        : core_(&owner.core()), socket_(std::move(taken)) {}

    datagram_socket(datagram_socket&&) noexcept = default;
    datagram_socket& operator=(datagram_socket&&) noexcept = default;
    ~datagram_socket() = default;

    /// Opens a socket that is bound to `local`, without a loop for now. Throws std::system_error
    /// naming the address, and std::invalid_argument for no address.
    [[nodiscard]] static bound_socket open(network& net, const address& local,
                                           const datagram_options& options = {});

    /// Applies all options but `binding` to a socket that is open. Throws std::system_error.
    /// setsockopt(2).
    static void apply(const datagram_options& options, ringlet::socket& opened);

    /// Whether this object has a socket.
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    /// Waits for a datagram, and puts its bytes into `buffer` and the sender's address into
    /// `sender`: no address where the sender is a Unix socket without a name. Yields a
    /// received_datagram, which says how many bytes there are, and whether bytes that found no room
    /// in `buffer` are lost. Awaiting it throws std::system_error, or stores the error in `error`.
    /// recvmsg(2).
    [[nodiscard]] detail::recv_from_operation recv_from(mutable_buffer buffer, address& sender,
                                                        error_sink error = throws) {
        return receive(buffer, &sender, error);
    }

    /// Waits for a datagram as the form above does, and puts where it came to into `info`: an
    /// answer that is sent with `info` leaves from the address that the sender wrote to. It is
    /// known for a socket that is bound to a wildcard address.
    ///
    ///     const received_datagram got = co_await socket.recv_from(buffer, sender, info);
    ///     co_await socket.send_to(std::span(buffer).first(got.size), sender, info);
    [[nodiscard]] detail::recv_from_operation recv_from(mutable_buffer buffer, address& sender,
                                                        packet_info& info,
                                                        error_sink error = throws) {
        return receive(buffer, {&sender, &info}, error);
    }

    /// Waits for a datagram and puts its bytes into `buffer`, without its sender's address: for
    /// connected sockets, whose sender is the peer. Yields a received_datagram, which says how many
    /// bytes there are, and whether bytes that found no room are lost. Awaiting it throws
    /// std::system_error, or stores the error in `error`. recvmsg(2).
    [[nodiscard]] detail::recv_from_operation recv(mutable_buffer buffer,
                                                   error_sink error = throws) {
        return receive(buffer, nullptr, error);
    }

    /// Waits for datagrams, and puts those that have come together into `buffer`, one behind the
    /// other, and the address of their one sender into `sender`. They may be many on a socket with
    /// datagram_options::receive_bursts; on any other socket it is one. Awaiting it throws
    /// std::system_error, or stores the error in `error`. recvmsg(2), udp(7).
    ///
    ///     const received_burst burst = co_await socket.recv_burst_from(buffer, sender);
    ///     for (const std::span<std::byte> datagram : burst.segments(buffer))
    [[nodiscard]] detail::recv_burst_operation
    recv_burst_from(mutable_buffer buffer, address& sender, error_sink error = throws) {
        return receive_burst(buffer, &sender, error);
    }

    /// Waits for datagrams as the form above does, and puts where they came to into `info`: an
    /// answer that is sent with `info` leaves from the address that the sender wrote to. It is
    /// known for a socket that is bound to a wildcard address.
    [[nodiscard]] detail::recv_burst_operation recv_burst_from(mutable_buffer buffer,
                                                               address& sender, packet_info& info,
                                                               error_sink error = throws) {
        return receive_burst(buffer, {&sender, &info}, error);
    }

    /// Waits for datagrams of one sender, and puts those that have come together into `buffer`, one
    /// behind the other, without the sender's address: for connected sockets. They may be many on a
    /// socket with datagram_options::receive_bursts; on any other socket it is one. Awaiting it
    /// throws std::system_error, or stores the error in `error`. recvmsg(2), udp(7).
    [[nodiscard]] detail::recv_burst_operation recv_burst(mutable_buffer buffer,
                                                          error_sink error = throws) {
        return receive_burst(buffer, nullptr, error);
    }

    /// Sends `data` to `to` as one datagram, and waits while there is no room for it: in this
    /// machine (UDP), or at the receiver (Unix). Yields the size of `data`. A send to no address
    /// fails with destination_address_required. Awaiting it throws std::system_error, or stores the
    /// error in `error`. sendmsg(2).
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to,
                                                    error_sink error = throws) {
        return transmit(data, &to, error);
    }

    /// Sends `data` to `to` as the form above does, from the address of this machine that `from`
    /// knows. It fails with invalid_argument or address_not_available if this machine does not have
    /// that address any more. `from` must last until the await is over.
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to,
                                                    const packet_info& from,
                                                    error_sink error = throws) {
        return transmit(data, {&to, &from}, error);
    }

    /// Sends `data` as one datagram to the peer of a connected socket, and waits while there is no
    /// room for it: in this machine (UDP), or at the receiver (Unix). Yields the size of `data`.
    /// Awaiting it throws std::system_error, or stores the error in `error`. sendmsg(2).
    [[nodiscard]] detail::send_to_operation send(const_buffer data, error_sink error = throws) {
        return transmit(data, nullptr, error);
    }

    /// Sends `data` to `to` as datagrams of `segment_size` bytes each, the last of which may be
    /// shorter. Over UDP a burst takes a fraction of the CPU time that a send for each datagram
    /// would take. No data is one empty datagram. Yields how many bytes it has sent: all, or those
    /// that had gone before an error that is stored in `error`. Throws std::invalid_argument for a
    /// segment size of 0. Awaiting it throws std::system_error, or stores the error in `error`:
    /// message_size for segments that are too large. sendmsg(2), udp(7).
    [[nodiscard]] detail::send_burst_operation send_burst_to(const_buffer data,
                                                             std::size_t segment_size,
                                                             const address& to,
                                                             error_sink error = throws) {
        return transmit_burst(data, segment_size, &to, error);
    }

    /// Sends `data` to `to` as the form above does, from the address of this machine that `from`
    /// knows. `from` must last until the await is over.
    [[nodiscard]] detail::send_burst_operation
    send_burst_to(const_buffer data, std::size_t segment_size, const address& to,
                  const packet_info& from, error_sink error = throws) {
        return transmit_burst(data, segment_size, {&to, &from}, error);
    }

    /// Sends `data` to the peer of a connected socket as datagrams of `segment_size` bytes each,
    /// the last of which may be shorter. Yields how many bytes it has sent: all, or those that had
    /// gone before an error that is stored in `error`. See `send_burst_to` for limits and errors.
    [[nodiscard]] detail::send_burst_operation
    send_burst(const_buffer data, std::size_t segment_size, error_sink error = throws) {
        return transmit_burst(data, segment_size, nullptr, error);
    }

    /// Connects the socket: from then on it sends to `peer`, and receives from nobody else. A
    /// `peer` that is no address undoes that. Throws std::system_error naming the peer, or stores
    /// the error in `error`. connect(2).
    [[nodiscard]] task<> connect(address peer, error_sink error = throws);

    /// Closes the socket: the operations that are pending on it fail with operation_canceled, then
    /// the descriptor is closed. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<> close();

    /// The address to which the socket is bound. Throws std::system_error. getsockname(2).
    [[nodiscard]] address local_address() const { return socket_.local_address(); }

    /// The address to which the socket is connected. Throws std::system_error. getpeername(2).
    [[nodiscard]] address peer_address() const { return socket_.socket().peer_address(); }

    /// Lets the socket send to broadcast addresses, or forbids it (SO_BROADCAST). Throws
    /// std::system_error. socket(7).
    void set_broadcast(bool on);

    /// Sets the size of the kernel's buffer for received datagrams (SO_RCVBUF), which the kernel
    /// doubles and bounds. Throws std::system_error. socket(7).
    void set_receive_buffer_size(int bytes);

    /// Sets the size of the kernel's buffer for datagrams to send (SO_SNDBUF), which the kernel
    /// doubles and bounds. Throws std::system_error. socket(7).
    void set_send_buffer_size(int bytes);

    /// The socket itself, for options that have no function here. This object still owns it.
    [[nodiscard]] ringlet::socket& socket() noexcept { return socket_.socket(); }

    /// The loop in which the socket's operations wait.
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

    /// Gives the socket away. No operation may be pending on it.
    [[nodiscard]] bound_socket release() noexcept;

private:
    [[nodiscard]] detail::recv_from_operation
    receive(mutable_buffer buffer, detail::datagram_origin origin, error_sink error) {
        return {*core_, socket_.native_handle(), buffer, origin, &pending_, error};
    }
    [[nodiscard]] detail::recv_burst_operation
    receive_burst(mutable_buffer buffer, detail::datagram_origin origin, error_sink error) {
        return {*core_, socket_.native_handle(), buffer, origin, &pending_, error};
    }
    [[nodiscard]] detail::send_to_operation
    transmit(const_buffer data, detail::datagram_route route, error_sink error) {
        return {*core_, socket_.native_handle(), data, route, &pending_, error};
    }
    [[nodiscard]] detail::send_burst_operation transmit_burst(const_buffer data,
                                                              std::size_t segment_size,
                                                              detail::datagram_route route,
                                                              error_sink error) {
        return {*core_, socket_.native_handle(), protocol(), data, segment_size, route, &pending_,
                error};
    }
    [[nodiscard]] int protocol() noexcept;

    detail::loop_core* core_;
    bound_socket socket_;
    int protocol_ = -1;  // of the socket, once asked
    detail::datagram_operations pending_;
};

}  // namespace ringlet
