#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/stream.hpp>

#include <cstddef>
#include <string_view>

namespace ringlet::detail {

/// Bytes from one coroutine to another in the same loop, as through pipe(7), in memory alone. Who
/// sends waits while it is full, who receives while it is empty; a receive takes what there is.
///
/// What waits is awaited. It throws std::system_error naming the call, or stores the error in
/// `error`. Cancelling it loses no byte: those that were sent are received.
///
/// One thread: the loop's. One receive and one send may be pending at a time; a second is a
/// std::logic_error. Lifetime: outlives those who wait at it.
class memory_pipe {
public:
    static constexpr std::size_t default_capacity = 65'536;

    /// Holds at most `capacity` bytes. Throws std::invalid_argument for 0, or more than 1 GiB.
    explicit memory_pipe(std::size_t capacity = default_capacity);
    memory_pipe(const memory_pipe&) = delete;
    memory_pipe& operator=(const memory_pipe&) = delete;

    class recv_operation final : public queued_operation {
    public:
        recv_operation(memory_pipe& from, mutable_buffer into, error_sink error)
            : queued_operation("recv", from.receivers_, error), pipe_(from), into_(into) {}

        std::size_t await_resume() const {
            finish();
            return result() < 0 ? 0 : static_cast<std::size_t>(result());
        }

    private:
        friend memory_pipe;
        bool attempt() override;

        memory_pipe& pipe_;
        mutable_buffer into_;
    };

    class send_operation final : public queued_operation {
    public:
        send_operation(memory_pipe& to, const_buffer from, error_sink error)
            : queued_operation("send", to.senders_, error), pipe_(to), size_(from.size()),
              left_(static_cast<const char*>(from.data()), from.size()) {}

        std::size_t await_resume() const {
            finish();
            return size_ - left_.size();
        }

    private:
        friend memory_pipe;
        bool attempt() override;

        memory_pipe& pipe_;
        std::size_t size_;
        std::string_view left_;
    };

    /// Receives what there is, up to the size of `buffer`, waiting for at least one byte. Yields
    /// the count; 0 is the end: all has been received, and the sending side is shut down. Throws
    /// std::invalid_argument for an empty buffer.
    [[nodiscard]] recv_operation recv(mutable_buffer buffer, error_sink error = throws) {
        return receive(buffer, error);
    }

    /// Sends all of `buffer`, waiting for room as often as that takes. Yields its size; with an
    /// error, how much had been sent. Where one of the sides is shut down, that is broken_pipe.
    [[nodiscard]] send_operation send_all(const_buffer buffer, error_sink error = throws) {
        return {*this, buffer, error};
    }

    /// Nothing more is sent, or received, or neither: those who wait for it go on.
    void shutdown(stream::how side) noexcept;

    /// Cancels a receive that is pending, or a send.
    void cancel_receive();
    void cancel_send();

    /// Whether a receive is pending, or a send.
    [[nodiscard]] bool receiving() const noexcept { return !receivers_.empty(); }
    [[nodiscard]] bool sending() const noexcept { return !senders_.empty(); }

    /// How many bytes are in it, sent and not received yet.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

private:
    recv_operation receive(mutable_buffer buffer, error_sink error);
    void take(recv_operation& receiver);
    void put(send_operation& sender);

    byte_buffer bytes_;
    bool broken_ = false;  // nobody will receive
    queued_operation::queue receivers_;
    queued_operation::queue senders_;
};

}  // namespace ringlet::detail
