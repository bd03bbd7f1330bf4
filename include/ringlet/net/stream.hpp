#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/buffer_sequence_send.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/detail/recv_lent_operation.hpp>
#include <ringlet/net/detail/recv_operation.hpp>
#include <ringlet/net/detail/send_operation.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/peer_credentials.hpp>
#include <ringlet/net/socket.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>

namespace ringlet {

/// A connected stream of bytes: TCP or Unix. One receive and one send may be pending at a time.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or stores the
/// error in the std::error_code that is passed last, which a success clears. Where the scope of the
/// coroutine is cancelled, the error is operation_canceled, or timed_out for a deadline. Buffers
/// must last until the await is over.
///
/// One thread: the loop's. Lifetime: it must not move or be destroyed while something is pending.
class stream {
public:
    /// A stream on `connected`, whose waiting happens in `owner`.
    stream(loop& owner, socket connected) noexcept
        : core_(&owner.core()), socket_(std::move(connected)) {}

    stream(stream&&) noexcept = default;
    stream& operator=(stream&&) noexcept = default;
    ~stream() = default;

    [[nodiscard]] bool is_open() const noexcept { return socket_.is_open(); }

    /// Receives what has come, up to the size of `buffer`, waiting for at least one byte. Yields
    /// the count; 0 is the end of the stream. Throws std::invalid_argument for an empty buffer,
    /// std::logic_error if a receive is pending. recv(2).
    [[nodiscard]] detail::recv_operation recv(mutable_buffer buffer, error_sink error = throws) {
        if (buffer.size() == 0) [[unlikely]]
            throw std::invalid_argument("recv: the buffer is empty; it must hold a byte or more");
        return {*core_, socket_.native_handle(), buffer.data(), buffer.size(), incoming_, error};
    }

    /// Receives what has come into a buffer that the loop lends. At most
    /// loop_options::receive_buffers_held_max receives wait with a buffer in hand; every other
    /// takes one only once bytes have come. So it is the choice for thousands of streams that are
    /// mostly idle. Yields the bytes, which give the buffer back when they are destroyed; none is
    /// the end of the stream. Throws std::logic_error if a receive is pending.
    ///
    ///     while (const auto received = co_await client.recv_lent())
    ///         co_await client.send_all(received);
    [[nodiscard]] detail::recv_lent_operation recv_lent(error_sink error = throws) {
        return {*core_, socket_.native_handle(), incoming_, error};
    }

    /// Sends as much of `buffer` as the socket takes at once, waiting until it takes some. Yields
    /// the count. Throws std::logic_error if a send is pending. send(2), without SIGPIPE.
    [[nodiscard]] detail::send_operation send(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::send_operation::amount::some, error);
    }

    /// Sends all of `buffer`, however often that takes. Yields its size; with an error, how much
    /// had been sent. A reader that is slow suspends the sender and costs no memory.
    [[nodiscard]] detail::send_operation send_all(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::send_operation::amount::all, error);
    }

    /// Sends all of several buffers, one after the other, without copying them together:
    /// `send_all(head, body)`. sendmsg(2).
    template <detail::makes_const_buffer... More>
    [[nodiscard]] auto send_all(const_buffer first, const_buffer second, const More&... more) {
        return detail::buffer_sequence_send<sizeof...(more) + 2>(
            *core_, socket_.native_handle(), outgoing_, {first, second, const_buffer(more)...});
    }

    /// The same for any number of buffers; the span must last until the await is over.
    [[nodiscard]] detail::gathered_send_operation send_all(std::span<const const_buffer> buffers,
                                                           error_sink error = throws) {
        return {*core_, socket_.native_handle(),
                std::span(reinterpret_cast<const iovec*>(buffers.data()), buffers.size()),
                outgoing_, error};
    }

    /// Which side of the stream `shutdown` ends.
    enum class how { receiving = SHUT_RD, sending = SHUT_WR, both = SHUT_RDWR };

    /// Ends one side or both, at once. After `sending` the peer reads the end of the stream and can
    /// still answer. shutdown(2). Throws std::system_error.
    void shutdown(how side, error_sink error = throws) {
        socket_.shutdown(static_cast<int>(side), error);
    }

    /// Closes the stream: what is pending on it fails with operation_canceled, then the descriptor
    /// is closed. Never throws; a closed stream stays closed. It is not itself cancelled.
    [[nodiscard]] task<> close();

    /// Whether neither a receive nor a send is pending.
    [[nodiscard]] bool idle() const noexcept { return !incoming_.busy() && !outgoing_.busy(); }

    /// Whether the end of the stream has been received: the peer has ended its sending side.
    [[nodiscard]] bool at_end() const noexcept { return incoming_.ended(); }

    /// Has the bytes that come and go from now on added to two totals, which others may add to and
    /// read, in any thread. Lifetime: they must outlive this stream and what it is moved to.
    void count_traffic(std::atomic<std::uint64_t>& received,
                       std::atomic<std::uint64_t>& sent) noexcept {
        incoming_.count_into(&received);
        outgoing_.count_into(&sent);
    }

    /// Throw std::system_error, as getsockname(2) and getpeername(2) do. An unnamed Unix peer has
    /// an address whose host is empty.
    [[nodiscard]] address local_address() const { return socket_.local_address(); }
    [[nodiscard]] address peer_address() const { return socket_.peer_address(); }

    /// Who is at the other end of a Unix stream. Throws std::system_error, with
    /// operation_not_supported where it is not one. SO_PEERCRED, unix(7).
    [[nodiscard]] ringlet::peer_credentials peer_credentials() const;

    /// Sends small pieces at once rather than collecting them (TCP_NODELAY). tcp(7).
    void set_no_delay(bool on);
    /// Probes a peer that has been silent for long (SO_KEEPALIVE). socket(7).
    void set_keep_alive(bool on);
    /// The kernel's buffers in bytes (SO_RCVBUF, SO_SNDBUF); it doubles and bounds what is asked.
    void set_receive_buffer_size(int bytes);
    void set_send_buffer_size(int bytes);
    /// What close does with unsent data (SO_LINGER): waits in the background for up to so many
    /// seconds; 0 resets the connection at once.
    void set_linger(std::chrono::seconds at_most);

    /// The socket itself, for any other option.
    [[nodiscard]] ringlet::socket& socket() noexcept { return socket_; }
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

    /// Gives the socket away, with nothing pending on it.
    [[nodiscard]] ringlet::socket release() noexcept;

private:
    friend class stream_watch;

    [[nodiscard]] detail::send_operation
    transmit(const_buffer buffer, detail::send_operation::amount wanted, error_sink error) {
        return {*core_, socket_.native_handle(), buffer.data(), buffer.size(), wanted, outgoing_,
                error};
    }
    detail::loop_core* core_;
    ringlet::socket socket_;
    detail::direction incoming_;
    detail::direction outgoing_;
};

}  // namespace ringlet
