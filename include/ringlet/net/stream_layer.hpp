#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <span>
#include <system_error>

namespace ringlet {

class stream;

/// Carries the bytes of a stream that does not stand on a socket itself: TLS over another stream is
/// a layer, and so is one end of a connection in memory. Its author derives from this class, and
/// programs use the stream that owns it:
///
///     ringlet::stream secured(loop, std::make_unique<my_layer>(std::move(plain)));
///
/// The stream sees to all that is equal for every layer. It calls one of `recv` and `readable` at a
/// time, and one of `send`, `send_all` and `end_sending`; a call of the first kind and one of the
/// second may be under way together. It calls `close` or `abort` once, when no other call is under
/// way. Each call runs in a scope of its own, which the stream cancels for a cancelled caller, for
/// a stream_watch, and to close: what the layer awaits fails then, and the layer stores that error.
///
/// A call stores in `error` how it has ended; `error` is clear when the call begins. Where a layer
/// throws an exception instead, the coroutine that uses the stream gets it.
///
/// One thread: the loop's. Lifetime: the layer, and all that the stream passes to a call, outlive
/// the call.
class stream_layer {
public:
    stream_layer() = default;
    stream_layer(const stream_layer&) = delete;
    stream_layer& operator=(const stream_layer&) = delete;
    virtual ~stream_layer() = default;

    /// Receives the bytes that have come, up to the size of `buffer`, which is not empty, and waits
    /// for at least one. Yields how many it has received; 0 without an error is the end of the
    /// stream, in each call from then on. A call that is cancelled loses no byte.
    [[nodiscard]] virtual task<std::size_t> recv(mutable_buffer buffer, std::error_code& error) = 0;

    /// Waits until `recv` would end at once, with bytes, the end or an error. It takes no bytes.
    [[nodiscard]] virtual task<> readable(std::error_code& error) = 0;

    /// Sends all of `buffers`, one after the other. Yields how many bytes it has accepted: all of
    /// them, or fewer if there is an error. What it has accepted goes before all that is sent
    /// later, even where the call was cancelled.
    [[nodiscard]] virtual task<std::size_t> send_all(std::span<const const_buffer> buffers,
                                                     std::error_code& error) = 0;

    /// Sends as many bytes of `buffers` as the layer takes at once, and waits until it takes some.
    /// Yields how many it has accepted: fewer than there are, or 0, if there is an error too. What
    /// it has accepted goes before all that is sent later. By default it sends all.
    [[nodiscard]] virtual task<std::size_t> send(std::span<const const_buffer> buffers,
                                                 std::error_code& error) {
        return send_all(buffers, error);
    }

    /// Ends the sending side: the peer reads the end of the stream, behind all that was sent, and
    /// can still answer.
    [[nodiscard]] virtual task<> end_sending(std::error_code& error) = 0;

    /// Ends the connection and releases what the layer holds, within a bounded time. The peer
    /// reads the end of the stream if it is possible to tell it. Never throws, and is not
    /// cancelled.
    [[nodiscard]] virtual task<> close() = 0;

    /// Ends the connection as a failure: bytes that have not gone yet are dropped, and the peer
    /// cannot take a part of them for the whole. Never throws, and is not cancelled.
    [[nodiscard]] virtual task<> abort() = 0;

    /// The stream on which this layer stands, whose socket has the addresses and takes the options;
    /// nullptr for a layer that stands on none.
    [[nodiscard]] virtual stream* below() noexcept { return nullptr; }
};

}  // namespace ringlet
