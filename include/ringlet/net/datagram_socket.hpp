#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/address.hpp>
#include <ringlet/net/bound_socket.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/operation_group.hpp>
#include <ringlet/net/detail/recv_burst_operation.hpp>
#include <ringlet/net/detail/recv_from_operation.hpp>
#include <ringlet/net/detail/send_burst_operation.hpp>
#include <ringlet/net/detail/send_to_operation.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <utility>

namespace ringlet {

/// How a datagram socket is opened.
struct datagram_options {
    /// How it gets its address.
    bind_options binding = {};

    /// May send to broadcast addresses (SO_BROADCAST).
    bool broadcast = false;

    /// Datagrams of one sender may come together (UDP_GRO), to be received with `recv_burst`, and
    /// only so: any other receive takes them for one large datagram. Where single ones come, each
    /// costs a little more. Nothing to a Unix socket.
    bool receive_bursts = false;

    /// The kernel's buffers in bytes (SO_RCVBUF, SO_SNDBUF), which it doubles and bounds; 0 leaves
    /// them as they are. What finds no room in the one that receives is dropped by UDP, and waits
    /// at the sender of a Unix socket.
    int receive_buffer_size = 0;
    int send_buffer_size = 0;
};

/// A socket for datagrams: UDP or Unix. Any number of sends and receives may be pending at a time;
/// each is of one datagram, or of a burst: many that go to one receiver, or come from one sender,
/// together. For a server that receives from many, see datagram_receiver.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or stores the
/// error in the std::error_code that is passed last, which a success clears. Where the scope of the
/// coroutine is cancelled, the error is operation_canceled, or timed_out for a deadline. Buffers
/// and addresses must last until the await is over.
///
/// That nobody receives at the other end is told to a connected socket only: connection_refused is
/// the error of one of the next operations, and the socket can be used as before. udp(7).
///
/// One thread: the loop's. Lifetime: it must not move or be destroyed while something is pending.
class datagram_socket {
public:
    /// A socket bound to `local`. Throws std::system_error naming the address.
    datagram_socket(loop& owner, const address& local, const datagram_options& options = {})
        : datagram_socket(owner, open(owner.net(), local, options)) {}

    /// Takes over a datagram socket, bound, connected or neither, whose waiting happens in `owner`.
    datagram_socket(loop& owner, bound_socket taken) noexcept
        : core_(&owner.core()), socket_(std::move(taken)) {}

    datagram_socket(datagram_socket&&) noexcept = default;
    datagram_socket& operator=(datagram_socket&&) noexcept = default;
    ~datagram_socket() = default;

    /// A socket that is bound to `local`; what the first constructor takes over. Throws as it does.
    [[nodiscard]] static bound_socket open(network& net, const address& local,
                                           const datagram_options& options = {});

    /// Sets what the options say of a socket that is open.
    static void apply(const datagram_options& options, ringlet::socket& opened);

    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    /// Waits for a datagram, puts it into `buffer`, and whom it is from into `sender`: no address
    /// where that is a Unix socket without a name. What does not fit is lost, and told. recvmsg(2).
    [[nodiscard]] detail::recv_from_operation recv_from(mutable_buffer buffer, address& sender,
                                                        error_sink error = throws) {
        return receive(buffer, &sender, error);
    }

    /// The same for whom the sender is all one: that of a connected socket is its peer.
    [[nodiscard]] detail::recv_from_operation recv(mutable_buffer buffer,
                                                   error_sink error = throws) {
        return receive(buffer, nullptr, error);
    }

    /// Waits for datagrams, and puts those that have come together into `buffer`, one behind the
    /// other, and whom they are all from into `sender`. On a socket with
    /// datagram_options::receive_bursts they may be many, on any other it is one.
    ///
    ///     const received_burst got = co_await socket.recv_burst_from(buffer, sender);
    ///     for (const std::span<std::byte> each : got.segments(buffer))
    [[nodiscard]] detail::recv_burst_operation
    recv_burst_from(mutable_buffer buffer, address& sender, error_sink error = throws) {
        return receive_burst(buffer, &sender, error);
    }

    /// The same for whom the sender is all one.
    [[nodiscard]] detail::recv_burst_operation recv_burst(mutable_buffer buffer,
                                                          error_sink error = throws) {
        return receive_burst(buffer, nullptr, error);
    }

    /// Sends `data` as one datagram, waiting while there is no room: of UDP in this machine, of a
    /// Unix socket at its receiver. Yields the size. To no address it fails with
    /// destination_address_required. sendmsg(2).
    [[nodiscard]] detail::send_to_operation send_to(const_buffer data, const address& to,
                                                    error_sink error = throws) {
        return transmit(data, &to, error);
    }

    /// The same to the peer of a connected socket.
    [[nodiscard]] detail::send_to_operation send(const_buffer data, error_sink error = throws) {
        return transmit(data, nullptr, error);
    }

    /// Sends `data` as datagrams of `segment_size` bytes each, the last of which may be shorter: of
    /// UDP for a fraction of the CPU time that one send_to for each would take. Yields the bytes
    /// sent, which after an error are those that had gone by then. No data is one empty datagram.
    /// Throws std::invalid_argument for a segment size of 0; too large a one fails as in send_to.
    /// See send_burst_operation.
    [[nodiscard]] detail::send_burst_operation send_burst_to(const_buffer data,
                                                             std::size_t segment_size,
                                                             const address& to,
                                                             error_sink error = throws) {
        return transmit_burst(data, segment_size, &to, error);
    }

    /// The same to the peer of a connected socket.
    [[nodiscard]] detail::send_burst_operation
    send_burst(const_buffer data, std::size_t segment_size, error_sink error = throws) {
        return transmit_burst(data, segment_size, nullptr, error);
    }

    /// From now on sends to `peer`, and receives from nobody else; no address undoes that.
    /// connect(2).
    [[nodiscard]] task<> connect(address peer, error_sink error = throws);

    /// Closes the socket: what is pending on it fails with operation_canceled, then the descriptor
    /// is closed. Never throws; a closed socket stays closed. It is not itself cancelled.
    [[nodiscard]] task<> close();

    /// Throw std::system_error, as getsockname(2) and getpeername(2) do.
    [[nodiscard]] address local_address() const { return socket_.local_address(); }
    [[nodiscard]] address peer_address() const { return socket_.socket().peer_address(); }

    /// See datagram_options.
    void set_broadcast(bool on);
    void set_receive_buffer_size(int bytes);
    void set_send_buffer_size(int bytes);

    /// The socket itself, for any other option.
    [[nodiscard]] ringlet::socket& socket() noexcept { return socket_.socket(); }
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

    /// Gives the socket away, with nothing pending on it.
    [[nodiscard]] bound_socket release() noexcept;

private:
    [[nodiscard]] detail::recv_from_operation receive(mutable_buffer buffer, address* sender,
                                                      error_sink error) {
        return {*core_, socket_.native_handle(), buffer, sender, &pending_, error};
    }
    [[nodiscard]] detail::recv_burst_operation receive_burst(mutable_buffer buffer, address* sender,
                                                             error_sink error) {
        return {*core_, socket_.native_handle(), buffer, sender, &pending_, error};
    }
    [[nodiscard]] detail::send_to_operation transmit(const_buffer data, const address* to,
                                                     error_sink error) {
        return {*core_, socket_.native_handle(), data, to, &pending_, error};
    }
    [[nodiscard]] detail::send_burst_operation transmit_burst(const_buffer data,
                                                              std::size_t segment_size,
                                                              const address* to, error_sink error) {
        return {*core_, socket_.native_handle(), protocol(), data, segment_size, to, &pending_,
                error};
    }
    [[nodiscard]] int protocol() noexcept;

    detail::loop_core* core_;
    bound_socket socket_;
    int protocol_ = -1;  // of the socket, once asked
    detail::operation_group pending_;
};

}  // namespace ringlet
