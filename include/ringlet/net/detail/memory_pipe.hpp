#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/detail/queued_operation.hpp>
#include <ringlet/loop/detail/outgoing_bytes.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <cstddef>
#include <string_view>

namespace ringlet::detail {

/// Carries bytes from one coroutine to another of one loop, in memory alone, as pipe(7) does. A
/// send waits while the pipe is full, and a receive waits while it is empty, and then takes the
/// bytes that there are.
///
/// Awaiting a send or a receive throws std::system_error naming the call, or stores the error in
/// `error`. A send or receive that is cancelled loses no byte: every byte that was sent is
/// received.
///
/// One thread: the loop's. One receive and one send may be pending at a time; a second throws
/// std::logic_error. Lifetime: the pipe outlives the coroutines that wait for it.
class memory_pipe {
public:
    static constexpr std::size_t default_capacity = 65'536;

    /// Makes a pipe that holds at most `capacity` bytes. Throws std::invalid_argument for 0 or more
    /// than 1 GiB.
    explicit memory_pipe(std::size_t capacity = default_capacity);
    memory_pipe(const memory_pipe&) = delete;
    memory_pipe& operator=(const memory_pipe&) = delete;

    /// Waits for bytes in the frame of the awaiting coroutine.
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

    /// Waits for room in the frame of the awaiting coroutine.
    class send_operation final : public queued_operation {
    public:
        using extent = outgoing_bytes::extent;

        send_operation(memory_pipe& to, const_buffer from, extent wanted, error_sink error)
            : queued_operation("send", to.senders_, error), pipe_(to), wanted_(wanted),
              size_(from.size()), left_(static_cast<const char*>(from.data()), from.size()) {}

        std::size_t await_resume() const {
            finish();
            return size_ - left_.size();
        }

    private:
        friend memory_pipe;
        bool attempt() override;
        [[nodiscard]] bool satisfied() const noexcept {
            return left_.empty() || (wanted_ == extent::some && left_.size() < size_);
        }

        memory_pipe& pipe_;
        extent wanted_;
        std::size_t size_;
        std::string_view left_;
    };

    /// Receives the bytes that there are, up to the size of `buffer`, and waits for at least one.
    /// Yields how many it has received; 0 is the end: all bytes have been received, and the sending
    /// side is shut down. Throws std::invalid_argument for an empty buffer.
    [[nodiscard]] recv_operation recv(mutable_buffer buffer, error_sink error = throws) {
        return receive(buffer, error);
    }

    /// Sends all of `buffer`, and waits for room as often as that takes. Yields how many bytes it
    /// has sent: the size of `buffer`, or fewer if an error is stored in `error`. The error is
    /// broken_pipe if one of the sides is shut down.
    [[nodiscard]] send_operation send_all(const_buffer buffer, error_sink error = throws) {
        return {*this, buffer, send_operation::extent::all, error};
    }

    /// Sends as much of `buffer` as there is room for, and waits until there is some. Yields how
    /// many bytes it has sent. The error is broken_pipe if one of the sides is shut down.
    [[nodiscard]] send_operation send(const_buffer buffer, error_sink error = throws) {
        return {*this, buffer, send_operation::extent::some, error};
    }

    /// Waits until `recv` would end at once, with bytes, the end or an error.
    [[nodiscard]] recv_operation readable(error_sink error = throws) {
        return {*this, mutable_buffer(nullptr, 0), error};
    }

    /// Ends the sending side: once the bytes in the pipe are received, a receive yields 0. A send
    /// that waits fails with broken_pipe.
    void end_sending() noexcept;

    /// Ends the receiving side: sends fail with broken_pipe from now on, and a receive that waits
    /// yields 0.
    void end_receiving() noexcept;

    /// Ends the sending side as a failure, unless it has ended: the bytes in the pipe are dropped,
    /// and receives fail with connection_reset from now on.
    void reset() noexcept;

    /// Cancels the receive that is pending, if there is one.
    void cancel_receive();

    /// Cancels the send that is pending, if there is one.
    void cancel_send();

    /// Whether a receive is pending.
    [[nodiscard]] bool receiving() const noexcept { return !receivers_.empty(); }

    /// Whether a send is pending.
    [[nodiscard]] bool sending() const noexcept { return !senders_.empty(); }

    /// How many bytes are in the pipe: sent, and not received yet.
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

private:
    recv_operation receive(mutable_buffer buffer, error_sink error);
    void take(recv_operation& receiver);
    void put(send_operation& sender);
    void resume_all() noexcept;

    byte_buffer bytes_;
    bool broken_ = false;  // whether the receiving side has ended
    bool reset_ = false;   // whether the sending side has ended as a failure
    queued_operation::queue receivers_;
    queued_operation::queue senders_;
};

}  // namespace ringlet::detail
