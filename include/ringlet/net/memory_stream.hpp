#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/net/detail/memory_pipe.hpp>

namespace ringlet {

/// One end of a connection in memory, for tests of what reads and writes streams: see stream_pair.
/// It is used as a stream is, and waits, fails and ends like one.
///
/// One thread: the loop's. One receive and one send may be pending at a time.
class memory_stream {
public:
    /// Receives from one pipe and sends to another, both of which must outlive it.
    memory_stream(detail::memory_pipe& incoming, detail::memory_pipe& outgoing) noexcept
        : incoming_(&incoming), outgoing_(&outgoing) {}

    /// As memory_pipe::recv and memory_pipe::send_all.
    [[nodiscard]] detail::memory_pipe::recv_operation recv(mutable_buffer buffer,
                                                           error_sink error = throws) {
        return incoming_->recv(buffer, error);
    }
    [[nodiscard]] detail::memory_pipe::send_operation send_all(const_buffer buffer,
                                                               error_sink error = throws) {
        return outgoing_->send_all(buffer, error);
    }

    /// Ends one side or both, at once. After `sending` the peer reads the end of the stream and can
    /// still answer; after `receiving` its sends fail with broken_pipe.
    void shutdown(stream::how side) noexcept;

    /// Closes the stream: what is pending on it fails with operation_canceled, then both sides are
    /// shut down. Never throws. It is not itself cancelled.
    [[nodiscard]] task<> close();

    /// Whether neither a receive nor a send is pending.
    [[nodiscard]] bool idle() const noexcept {
        return !incoming_->receiving() && !outgoing_->sending();
    }

private:
    detail::memory_pipe* incoming_;
    detail::memory_pipe* outgoing_;
};

}  // namespace ringlet
