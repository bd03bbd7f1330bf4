#pragma once

#include <ringlet/base/detail/trailing_error.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/buffer_sequence_send.hpp>
#include <ringlet/net/detail/client_failure.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/detail/end_sending_operation.hpp>
#include <ringlet/net/detail/layer_side.hpp>
#include <ringlet/net/detail/peer_facts.hpp>
#include <ringlet/net/detail/recv_lent_operation.hpp>
#include <ringlet/net/detail/recv_operation.hpp>
#include <ringlet/net/detail/send_operation.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/peer_credentials.hpp>
#include <ringlet/net/socket.hpp>
#include <ringlet/net/stream_layer.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

namespace ringlet {

namespace detail {
class direct_transfer;
}  // namespace detail

/// A connected stream of bytes. It stands on a TCP or Unix socket of its own, or on a stream_layer,
/// such as TLS over another stream, or one end of a connection in memory; code that uses a stream
/// need not know which. One receive and one send may be pending at a time.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or stores the
/// error in the std::error_code that is passed last, which a success clears. Where the scope of the
/// coroutine is cancelled, the error is operation_canceled, or timed_out for a deadline. Buffers
/// must last until the await is over.
///
/// One thread: the loop's. Lifetime: the stream must not move or be destroyed while an operation on
/// it is pending.
class stream {
public:
    /// Makes a stream on the socket `connected`. Its operations wait in the loop `owner`.
    stream(loop& owner, socket connected) noexcept
        : core_(&owner.core()), socket_(std::move(connected)) {}

    /// For servers: makes the stream of a client, whose failures the server can tell from others.
    stream(loop& owner, socket connected, detail::of_client /*mark*/) noexcept
        : stream(owner, std::move(connected)) {
        set_of_client();
    }

    /// Makes a stream on `layer`, which it owns. It is that of a server's client if the stream
    /// below is, and takes over the facts that are attached to that. Throws std::bad_alloc.
    stream(loop& owner, std::unique_ptr<stream_layer> layer);

    stream(stream&&) noexcept = default;
    stream& operator=(stream&&) noexcept = default;
    ~stream() = default;

    /// Whether the stream has a socket or a layer to stand on: `close` ends that.
    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open() || sides_ != nullptr; }

    /// Receives the bytes that have come, up to the size of `buffer`, and waits for at least one.
    /// Yields how many it has received; 0 is the end of the stream. Throws std::invalid_argument
    /// for an empty buffer. Awaiting it throws std::logic_error if a receive is pending, and
    /// std::system_error, or stores the latter in `error`. recv(2).
    ///
    /// Linux tells one operation alone of a reset. Where a send was pending beside the receive, the
    /// send may throw it and the receive yield 0: what has to be whole needs a length or an end of
    /// its own, or a look at the send's error too.
    [[nodiscard]] detail::recv_operation recv(mutable_buffer buffer, error_sink error = throws) {
        if (buffer.size() == 0) [[unlikely]]
            throw std::invalid_argument("recv: the buffer is empty; it must hold a byte or more");
        return {*core_, socket_.native_handle(), buffer.data(), buffer.size(), incoming_, error};
    }

    /// Receives the bytes that have come into a buffer that the loop lends. At most
    /// loop_options::receive_buffers_held_max receives wait with a buffer in hand; every other one
    /// takes a buffer only once bytes have come. That suits thousands of streams that are mostly
    /// idle. Yields the bytes, which give the buffer back when they are destroyed; no bytes are the
    /// end of the stream. Awaiting it throws std::logic_error if a receive is pending, and
    /// std::system_error, or stores the latter in `error`. recv(2).
    ///
    ///     while (const auto received = co_await client.recv_lent())
    ///         co_await client.send_all(received);
    [[nodiscard]] detail::recv_lent_operation recv_lent(error_sink error = throws) {
        return {*core_, socket_.native_handle(), incoming_, error};
    }

    /// Sends as much of `buffer` as the socket takes at once, and waits until it takes some. Yields
    /// how many bytes it has sent. Awaiting it throws std::logic_error if a send is pending, and
    /// std::system_error, or stores the latter in `error`. send(2), without SIGPIPE.
    [[nodiscard]] detail::send_operation send(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::send_operation::extent::some, error);
    }

    /// Sends all of `buffer`, with as many calls as that takes. A peer that reads slowly suspends
    /// the sender and costs no memory. Yields how many bytes it has sent: the size of `buffer`, or
    /// fewer if an error is stored in `error`. Awaiting it throws std::logic_error if a send is
    /// pending, and std::system_error, or stores the latter in `error`. send(2), without SIGPIPE.
    [[nodiscard]] detail::send_operation send_all(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::send_operation::extent::all, error);
    }

    /// Sends all of several buffers, one after the other, without copying them together:
    /// `send_all(head, body)`. Yields how many bytes it has sent. Awaiting it throws
    /// std::logic_error if a send is pending, and std::system_error. sendmsg(2), without SIGPIPE.
    template <detail::makes_const_buffer... More>
    [[nodiscard]] auto send_all(const_buffer first, const_buffer second, const More&... more) {
        return transmit_sequence(throws, first, second, more...);
    }

    /// Sends all of several buffers, one after the other, without copying them together, and stores
    /// the error in the std::error_code that comes last: `send_all(head, body, error)`. Yields how
    /// many bytes it has sent: all, or fewer if there is an error. Awaiting it throws
    /// std::logic_error if a send is pending. sendmsg(2), without SIGPIPE.
    template <class... More>
    requires detail::trailing_error<More...>
    [[nodiscard]] auto send_all(const_buffer first, const_buffer second, More&&... more_and_error) {
        return detail::with_trailing_error(
            [&](error_sink error, const auto&... more) {
                return transmit_sequence(error, first, second, more...);
            },
            std::forward<More>(more_and_error)...);
    }

    /// Sends all of `buffers`, one after the other, without copying them together. The span must
    /// last until the await is over, as the buffers do. Yields how many bytes it has sent: all, or
    /// fewer if an error is stored in `error`. Awaiting it throws std::logic_error if a send is
    /// pending, and std::system_error, or stores the latter in `error`. sendmsg(2), without
    /// SIGPIPE.
    [[nodiscard]] detail::gathered_send_operation send_all(std::span<const const_buffer> buffers,
                                                           error_sink error = throws) {
        return {*core_, socket_.native_handle(), buffers, outgoing_, error};
    }

    /// Ends the sending side: the peer reads the end of the stream, behind all that was sent, and
    /// can still answer. On a socket it does not wait, and a cancelled scope does not stop it; on a
    /// layer it waits until the layer has told the peer. Awaiting it throws std::logic_error if a
    /// send is pending, and std::system_error, or stores the latter in `error`. shutdown(2).
    [[nodiscard]] detail::end_sending_operation end_sending(error_sink error = throws) {
        return {socket_, outgoing_, error};
    }

    /// Closes the stream: the operations that are pending on it fail with operation_canceled, then
    /// the descriptor is closed. Never throws. A cancelled scope does not end it. To close a stream
    /// that is closed does nothing.
    [[nodiscard]] task<> close();

    /// Closes the stream as a failure: the operations that are pending on it fail with
    /// operation_canceled, and bytes that have not gone yet are dropped. A TCP peer receives what
    /// has reached it, and then fails with connection_reset, so that it cannot take a part for the
    /// whole. A Unix peer fails so only if it has sent bytes that were not received here; else it
    /// sees the end, since the kernel knows no other. On a layer it is the layer that fails. Never
    /// throws. A cancelled scope does not end it. SO_LINGER with a time of 0, socket(7), unix(7).
    [[nodiscard]] task<> abort();

    /// Whether neither a receive nor a send is pending.
    [[nodiscard]] bool idle() const noexcept { return incoming_.empty() && outgoing_.empty(); }

    /// Whether a receive has yielded the end of the stream: the peer has ended its sending side.
    [[nodiscard]] bool at_end() const noexcept { return incoming_.ended(); }

    /// Adds the bytes that are received and sent from now on to two totals, which several streams
    /// may share and any thread may read. Lifetime: the totals outlive this stream, and the streams
    /// that it is moved to.
    void count_traffic(std::atomic<std::uint64_t>& received,
                       std::atomic<std::uint64_t>& sent) noexcept {
        incoming_.count_into(&received);
        outgoing_.count_into(&sent);
    }

    /// Attaches something that is known of the peer, for the code that uses the stream later on, or
    /// a stream on top of it: see peer_fact. `fact` is not nullptr.
    void attach(std::unique_ptr<peer_fact> fact) noexcept { facts_.add(std::move(fact)); }

    /// What was attached to the stream last of the facts of this type; nullptr for nothing.
    template <std::derived_from<peer_fact> Fact>
    [[nodiscard]] const Fact* fact() const noexcept {
        return facts_.find<Fact>();
    }

    // A stream on a layer has the addresses and the options of the socket at the bottom of its
    // layers. Where there is no socket, it has no address, and an option fails with
    // operation_not_supported.

    /// The address of this end of the stream. Throws std::system_error. getsockname(2).
    [[nodiscard]] address local_address() const;

    /// The address of the peer; its host is empty for a Unix socket without a name. Throws
    /// std::system_error. getpeername(2).
    [[nodiscard]] address peer_address() const;

    /// The process and the user at the other end of a Unix stream. Throws std::system_error:
    /// operation_not_supported for a stream of another kind. SO_PEERCRED, unix(7).
    [[nodiscard]] ringlet::peer_credentials peer_credentials() const;

    /// Has the kernel send small pieces at once, or collect them (TCP_NODELAY). Throws
    /// std::system_error. tcp(7).
    void set_no_delay(bool on);

    /// Has the kernel probe a peer that has been silent for long, or not (SO_KEEPALIVE). Throws
    /// std::system_error. socket(7).
    void set_keep_alive(bool on);

    /// Sets the size of the kernel's buffer for received bytes (SO_RCVBUF), which the kernel
    /// doubles and bounds. Throws std::system_error. socket(7).
    void set_receive_buffer_size(int bytes);

    /// Sets the size of the kernel's buffer for bytes to send (SO_SNDBUF), which the kernel doubles
    /// and bounds. Throws std::system_error. socket(7).
    void set_send_buffer_size(int bytes);

    /// Has the end of the stream, by `close` or the destructor, reset the connection and drop the
    /// bytes that have not gone yet (SO_LINGER with a time of 0), or not. By default the kernel
    /// goes on sending them in the background; a time to linger for would have close(2) block the
    /// loop. Throws std::system_error. socket(7).
    void set_reset_on_close(bool on);

    /// The socket itself, for options that have no function here, or that at the bottom of the
    /// stream's layers; it is not open where there is none. The stream still owns it.
    [[nodiscard]] ringlet::socket& socket() noexcept { return bottom().socket_; }

    /// The layer on which the stream stands, which it owns; nullptr for a stream on a socket.
    [[nodiscard]] stream_layer* layer() const noexcept {
        return sides_ == nullptr ? nullptr : sides_->layer.get();
    }

    /// The loop in which the stream's operations wait.
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

    /// Gives the socket away. The stream stands on no layer, and no operation is pending on it.
    [[nodiscard]] ringlet::socket release() noexcept;

private:
    friend class stream_watch;
    friend class detail::direct_transfer;

    void set_of_client() noexcept {
        incoming_.set_of_client();
        outgoing_.set_of_client();
    }
    [[nodiscard]] stream& bottom() noexcept;
    [[nodiscard]] const stream& bottom() const noexcept;
    [[nodiscard]] ringlet::socket& socket_for(const char* caller);
    [[nodiscard]] task<> end(task<> (stream_layer::*end_layer)());

    [[nodiscard]] detail::send_operation
    transmit(const_buffer buffer, detail::send_operation::extent wanted, error_sink error) {
        return {*core_, socket_.native_handle(), buffer.data(), buffer.size(), wanted, outgoing_,
                error};
    }

    template <detail::makes_const_buffer... Buffer>
    [[nodiscard]] auto transmit_sequence(error_sink error, const Buffer&... buffers) {
        return detail::buffer_sequence_send<sizeof...(buffers)>(
            *core_, socket_.native_handle(), outgoing_, {const_buffer(buffers)...}, error);
    }

    detail::loop_core* core_;
    ringlet::socket socket_;
    std::unique_ptr<detail::layer_sides> sides_;  // of a stream on a layer
    detail::direction incoming_;
    detail::direction outgoing_;
    detail::peer_facts facts_;
};

}  // namespace ringlet
