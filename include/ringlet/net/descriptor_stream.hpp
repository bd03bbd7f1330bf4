#pragma once

#include <ringlet/base/detail/owned_descriptor.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/coro/task.hpp>
#include <ringlet/loop/loop.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/direction.hpp>
#include <ringlet/net/detail/read_operation.hpp>
#include <ringlet/net/detail/write_operation.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <stdexcept>

namespace ringlet {

/// A stream of bytes on descriptors that are not sockets: a pipe, a FIFO, a terminal, the output of
/// a child, or a file that is read and written from its position on. See open_pipe, and
/// standard_input and its kind. Readers, writers, `copy` and `relay` take it as they take a
/// `stream`. One receive and one send may be pending at a time.
///
/// An operation that waits is awaited. It throws std::system_error naming the call, or stores the
/// error in the std::error_code that is passed last, which a success clears. Where the scope of the
/// coroutine is cancelled, the error is operation_canceled, or timed_out for a deadline. Buffers
/// must last until the await is over.
///
/// The flags of a descriptor, such as O_NONBLOCK, are left as they are, since other processes may
/// share them. A terminal is opened once more instead (proc_pid_fd(5)), so that one that takes
/// nothing holds up nobody but its sender; where that is not permitted, a send may block the loop.
///
/// One thread: the loop's. Lifetime: the stream must not move or be destroyed while an operation on
/// it is pending.
class descriptor_stream {
public:
    /// Takes over `fd`, to receive or to send or both, as it was opened. Where `fd` is the number
    /// of a standard stream, the stream gets another number, and /dev/null takes its place.
    /// Operations wait in the loop that runs in this thread. Throws std::system_error if `fd` is
    /// not open, and std::logic_error outside a loop; then `fd` is closed.
    explicit descriptor_stream(int fd);

    /// Takes over two descriptors, to receive from the one and to send to the other, such as those
    /// of a child's stdout and stdin; -1 stands for none. Throws std::logic_error outside a loop.
    descriptor_stream(int receiving, int sending);

    descriptor_stream(descriptor_stream&&) noexcept = default;
    descriptor_stream& operator=(descriptor_stream&&) noexcept = default;

    /// Closes the stream, unless `close` has done so.
    ~descriptor_stream() = default;

    /// Whether the stream has a descriptor.
    [[nodiscard]] bool is_open() const noexcept {
        return receiving_descriptor() >= 0 || sending_descriptor() >= 0;
    }

    /// Receives the bytes that have come, up to the size of `buffer`, and waits for at least one; a
    /// terminal gives a line at a time. Yields how many it has received; 0 is the end: nobody has
    /// the other end of a pipe open to write, or a file or what is typed ends. Throws
    /// std::invalid_argument for an empty buffer. Awaiting it throws std::logic_error if a receive
    /// is pending, and std::system_error, or stores the latter in `error`. read(2).
    [[nodiscard]] detail::read_operation recv(mutable_buffer buffer, error_sink error = throws) {
        if (buffer.size() == 0) [[unlikely]]
            throw std::invalid_argument("recv: the buffer is empty; it must hold a byte or more");
        return {*core_, receiving_descriptor(), buffer.data(), buffer.size(), incoming_, error};
    }

    /// Sends as much of `buffer` as is taken at once, and waits until some is. Yields how many
    /// bytes it has sent. Awaiting it throws std::logic_error if a send is pending, and
    /// std::system_error, or stores the latter in `error`: broken_pipe if nobody has the other end
    /// of a pipe open to read. write(2), without SIGPIPE.
    [[nodiscard]] detail::write_operation send(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::write_operation::extent::some, error);
    }

    /// Sends all of `buffer`, with as many calls as that takes, and waits while the other side
    /// reads slowly. Yields how many bytes it has sent: the size of `buffer`, or fewer if an error
    /// is stored in `error`. Awaiting it throws std::logic_error if a send is pending, and
    /// std::system_error, or stores the latter in `error`: broken_pipe if nobody has the other end
    /// of a pipe open to read. write(2), without SIGPIPE.
    [[nodiscard]] detail::write_operation send_all(const_buffer buffer, error_sink error = throws) {
        return transmit(buffer, detail::write_operation::extent::all, error);
    }

    /// Ends the sending side without waiting: closes its descriptor. The reader of a pipe sees the
    /// end, unless another process has that end open too; later sends fail with broken_pipe.
    /// Awaiting it throws std::logic_error if a send is pending, and std::system_error, or stores
    /// the latter in `error`, if the descriptor is a socket that is not connected. close(2),
    /// shutdown(2).
    [[nodiscard]] task<> end_sending(error_sink error = throws);

    /// Ends the receiving side: closes its descriptor. The writer of a pipe then fails with
    /// broken_pipe, unless another process has this end open too. Throws std::logic_error if a
    /// receive is pending. close(2).
    void end_receiving();

    /// Closes the stream: the operations that are pending on it fail with operation_canceled, then
    /// its descriptors are closed. Never throws. A cancelled scope does not end it. To close a
    /// stream that is closed does nothing.
    [[nodiscard]] task<> close();

    /// Closes the stream as `close` does: the other side sees the end, since a pipe knows no other.
    /// Never throws.
    [[nodiscard]] task<> abort() { return close(); }

    /// Whether neither a receive nor a send is pending.
    [[nodiscard]] bool idle() const noexcept { return incoming_.empty() && outgoing_.empty(); }

    /// Whether a receive has yielded the end of the stream.
    [[nodiscard]] bool at_end() const noexcept { return incoming_.ended(); }

    /// The descriptor that receives, or -1 for none. This object still owns it.
    [[nodiscard]] int receiving_descriptor() const noexcept { return receiving_.native_handle(); }

    /// The descriptor that sends, or -1 for none. This object still owns it.
    [[nodiscard]] int sending_descriptor() const noexcept { return sending_.native_handle(); }

    /// The loop in which the stream's operations wait.
    [[nodiscard]] loop& owner() const noexcept { return core_->owner(); }

private:
    [[nodiscard]] detail::write_operation
    transmit(const_buffer buffer, detail::write_operation::extent wanted, error_sink error) {
        return {*core_,         sending_descriptor(),
                sends_to_file_, buffer.data(),
                buffer.size(),  wanted,
                outgoing_,      error};
    }

    detail::loop_core* core_;
    detail::owned_descriptor receiving_;
    detail::owned_descriptor sending_;
    bool sends_to_file_ = false;
    detail::direction incoming_;
    detail::direction outgoing_;
};

}  // namespace ringlet
