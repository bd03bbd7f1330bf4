#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/detail/memory_pipe.hpp>

namespace ringlet {

/// One end of a connection in memory, for tests of code that reads and writes streams: see
/// stream_pair. It is used like a stream, and waits, fails and ends like a stream.
///
/// One thread: the loop's. One receive and one send may be pending at a time. Lifetime: the stream
/// must not move or be destroyed while an operation on it is pending.
class memory_stream {
public:
    /// Makes a stream that receives from the pipe `incoming` and sends to the pipe `outgoing`, both
    /// of which outlive it.
    memory_stream(detail::memory_pipe& incoming, detail::memory_pipe& outgoing) noexcept
        : incoming_(&incoming), outgoing_(&outgoing) {}

    /// Receives the bytes that have come, up to the size of `buffer`, and waits for at least one.
    /// Yields how many it has received; 0 is the end of the stream. Throws std::invalid_argument
    /// for an empty buffer. Awaiting it throws std::logic_error if a receive is pending, and
    /// std::system_error, or stores the latter in `error`.
    [[nodiscard]] detail::memory_pipe::recv_operation recv(mutable_buffer buffer,
                                                           error_sink error = throws) {
        return incoming_->recv(buffer, error);
    }

    /// Sends all of `buffer`, and waits for room as often as that takes. Yields how many bytes it
    /// has sent: the size of `buffer`, or fewer if an error is stored in `error`. Awaiting it
    /// throws std::logic_error if a send is pending, and std::system_error, or stores the latter in
    /// `error`: broken_pipe if one of the sides is shut down.
    [[nodiscard]] detail::memory_pipe::send_operation send_all(const_buffer buffer,
                                                               error_sink error = throws) {
        return outgoing_->send_all(buffer, error);
    }

    /// Ends one side of the stream or both, without waiting. After how::sending the peer reads the
    /// end of the stream and can still answer; after how::receiving the peer's sends fail with
    /// broken_pipe.
    void shutdown(stream::how side) noexcept;

    /// Closes the stream: the operations that are pending on it fail with operation_canceled, then
    /// both sides are shut down. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<> close();

    /// Closes the stream as a failure: the operations that are pending on it fail with
    /// operation_canceled, bytes that the peer has not received are dropped, and the peer's
    /// receives fail with connection_reset. Never throws. A cancelled scope does not end it.
    [[nodiscard]] task<> abort();

    /// Whether neither a receive nor a send is pending.
    [[nodiscard]] bool idle() const noexcept {
        return !incoming_->receiving() && !outgoing_->sending();
    }

private:
    detail::memory_pipe* incoming_;
    detail::memory_pipe* outgoing_;
};

}  // namespace ringlet
