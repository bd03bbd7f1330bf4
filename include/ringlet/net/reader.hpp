#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>
#include <ringlet/net/detail/buffered_operation.hpp>
#include <ringlet/net/detail/buffered_side.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/detail/counted_read.hpp>
#include <ringlet/net/detail/delimited_read.hpp>
#include <ringlet/net/detail/message_clock.hpp>
#include <ringlet/net/detail/transfer_read.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/writer.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace ringlet {

/// The limits of a reader.
struct reader_options {
    /// How many bytes the reader receives at a time, and keeps until they are read. With 0 it
    /// receives no byte that was not asked for: lines come one byte at a time, but the bytes behind
    /// them stay in the stream.
    std::size_t buffer_size = 8192;

    /// The longest line, or other piece, that a read yields as a view, in bytes; a longer one fails
    /// with stream_errc::too_long. The buffer grows so far only for a piece that needs it.
    std::size_t piece_max = 65'536;

    /// How long each wait for the stream may last before it fails with timed_out: at most a year; 0
    /// stands for no limit. It bounds how long a peer may be silent. A peer that sends a byte now
    /// and then outlives it: `message_timeout` is against that.
    std::chrono::milliseconds timeout{0};

    /// How long a message may take to come, from its first byte to its last, before a read fails
    /// with timed_out: at most a year; 0 stands for no limit. Each read is a message, unless the
    /// program calls `begin_message`.
    std::chrono::milliseconds message_timeout{0};
};

/// Reads a stream in lines and other pieces. It receives as much as comes, and keeps the bytes that
/// are left over for the next read, of whatever kind that is.
///
///     ringlet::reader in(client);
///     while (const auto line = co_await in.read_line())
///         answer(*line);
///
/// A view that a read yields is memory of the reader, valid until the next read.
///
/// A read that fails takes no byte, so that the bytes that have come can be read in another way. It
/// fails with stream_errc::end_of_stream if the stream ends too early, with stream_errc::too_long
/// if a piece is longer than the maximum, and otherwise with the stream's own error. Awaiting it
/// throws that as std::system_error, or stores it in the std::error_code that is passed last, which
/// a success clears. One read may be pending at a time; a second throws std::logic_error.
///
/// One thread: the loop's. Lifetime: the stream outlives the reader, and no read is pending when
/// the reader ends; the bytes that it has buffered go with it.
template <readable_stream Stream>
class reader final : public detail::buffered_side {
    template <class Request>
    using operation = detail::buffered_operation<reader, Request>;

public:
    /// Makes a reader of the stream `from` in the loop that runs in this thread; it allocates
    /// memory at the first read. Throws std::logic_error outside a loop, and std::invalid_argument
    /// for a timeout that is not 0 to a year.
    explicit reader(Stream& from, const reader_options& options = {})
        : detail::buffered_side("reader", options.timeout), stream_(from),
          piece_max_(options.piece_max), bytes_(options.buffer_size),
          message_("reader", options.message_timeout) {}

    /// Ties the reader to `out`: before it waits for the stream, it sends the bytes that `out` has
    /// buffered. So the peer gets its answers when the program has read all requests that have
    /// come, and not sooner: requests that came together are answered together. A read throws
    /// std::system_error if that send fails. A write that is pending is left alone.
    ///
    ///     in.tie(out);
    ///     while (const auto line = co_await in.read_line())
    ///         co_await out.print(line->size(), "\n");
    ///
    /// Lifetime: `out` outlives all further reads.
    template <writable_stream To>
    void tie(writer<To>& out) noexcept {
        tied_ = &out;
    }

    /// Says that a message begins, which several reads read: reader_options::message_timeout is
    /// then for all reads up to the next `begin_message`.
    ///
    ///     for (;;) {
    ///         in.begin_message();
    ///         const auto head = co_await in.read_until("\r\n\r\n");
    ///         const auto body = co_await in.read_exactly(length_of(head));
    void begin_message() noexcept { message_.begin(); }

    /// Reads the next line and yields it without its end, "\n" or "\r\n"; yields nothing at the end
    /// of the stream. A last line that has no end is a line too. A line longer than
    /// reader_options::piece_max, not counting its end, fails with stream_errc::too_long.
    operation<detail::delimited_read> read_line(error_sink error = throws) {
        return read_line(piece_max_, error);
    }

    /// Reads the next line and yields it without its end, "\n" or "\r\n"; yields nothing at the end
    /// of the stream. A line longer than `max` bytes, not counting its end, fails with
    /// stream_errc::too_long.
    operation<detail::delimited_read> read_line(std::size_t max, error_sink error = throws) {
        return {*this, "read_line", error, detail::delimited_read::line(bytes_, max)};
    }

    /// Reads up to `delimiter`, takes the delimiter too, and yields the bytes before it; yields
    /// nothing at the end of the stream. It fails with stream_errc::end_of_stream if the stream
    /// ends in a piece that no delimiter follows, and with stream_errc::too_long for a piece longer
    /// than reader_options::piece_max. Throws std::invalid_argument for an empty delimiter. The
    /// delimiter must last until the await is over.
    operation<detail::delimited_read> read_until(std::string_view delimiter,
                                                 error_sink error = throws) {
        return read_until(delimiter, piece_max_, error);
    }

    /// Reads up to `delimiter`, takes the delimiter too, and yields the bytes before it; yields
    /// nothing at the end of the stream. It fails with stream_errc::end_of_stream if the stream
    /// ends in a piece that no delimiter follows, and with stream_errc::too_long for a piece longer
    /// than `max` bytes, not counting the delimiter. Throws std::invalid_argument for an empty
    /// delimiter. The delimiter must last until the await is over.
    operation<detail::delimited_read> read_until(std::string_view delimiter, std::size_t max,
                                                 error_sink error = throws) {
        return {*this, "read_until", error, detail::delimited_read::until(bytes_, delimiter, max)};
    }

    /// Reads `count` bytes and yields a view of them. A count that is more than
    /// reader_options::piece_max fails with stream_errc::too_long at once, so that a length that
    /// the peer has sent may be passed.
    operation<detail::counted_read> read_exactly(std::size_t count, error_sink error = throws) {
        const auto request = detail::counted_read::exactly(bytes_, count, piece_max_);
        return {*this, "read_exactly", error, request};
    }

    /// Fills `buffer`, however large it is. Yields its size, or 0 if an error is stored in `error`.
    /// The bytes of a large buffer are received straight into it. The buffer must last until the
    /// await is over.
    operation<detail::transfer_read> read_exactly(mutable_buffer buffer,
                                                  error_sink error = throws) {
        return {*this, "read_exactly", error, detail::transfer_read::exactly(bytes_, buffer)};
    }

    /// Reads the bytes that there are, up to the size of `buffer`, and waits for at least one.
    /// Yields how many it has read; 0 is the end of the stream. Throws std::invalid_argument for an
    /// empty buffer. The buffer must last until the await is over.
    operation<detail::transfer_read> read_some(mutable_buffer buffer, error_sink error = throws) {
        return {*this, "read_some", error, detail::transfer_read::some(bytes_, buffer)};
    }

    /// Waits for `count` bytes and yields a view of them without taking them: fewer only if the
    /// stream ends before. A count that is more than reader_options::piece_max fails with
    /// stream_errc::too_long.
    ///
    ///     while (!(co_await in.peek(1)).empty())      // until the end of the stream
    operation<detail::counted_read> peek(std::size_t count, error_sink error = throws) {
        return {*this, "peek", error, detail::counted_read::peek(bytes_, count, piece_max_)};
    }

    /// Drops `count` bytes, however many, and yields how many it has dropped. Unlike those of any
    /// other read, the bytes that were dropped before an error are gone; if the error is stored in
    /// `error`, the result says how many.
    operation<detail::transfer_read> skip(std::size_t count, error_sink error = throws) {
        return {*this, "skip", error, detail::transfer_read::skip(bytes_, count)};
    }

    /// Reads up to the end of the stream and yields a view of all bytes. More than
    /// reader_options::piece_max fail with stream_errc::too_long.
    operation<detail::counted_read> read_all(error_sink error = throws) {
        return read_all(piece_max_, error);
    }

    /// Reads up to the end of the stream and yields a view of all bytes. More than `max` bytes fail
    /// with stream_errc::too_long.
    operation<detail::counted_read> read_all(std::size_t max, error_sink error = throws) {
        return {*this, "read_all", error, detail::counted_read::all(bytes_, max)};
    }

    /// The bytes that have been received and not read yet. Lifetime: valid until the next read.
    [[nodiscard]] std::string_view buffered() const noexcept { return bytes_.view(); }

private:
    template <class Side, class Request>
    friend class detail::buffered_operation;

    /// Receives until `request` has its answer.
    task<> carry_out(detail::read_request& request, const char* name) {
        const turn own_turn(*this, name);
        bool ended = request.attempt();
        if (ended && !request.failed())
            co_await detail::yield_operation(core_);  // too many answers in a row came inline
        for (; !ended; ended = request.attempt()) {
            if (tied_ != nullptr && tied_->has_unsent())
                co_await tied_->send_unsent();
            if (bytes_.size() > 0)
                message_.note_byte(core_.now());
            const auto limit = wait_limit(message_.deadline());
            const std::size_t count = co_await stream_.recv(request.room());
            if (count > 0)
                message_.note_byte(core_.now());
            request.received(count);
        }
        message_.note_read();
        if (request.failed())
            throw std::system_error(request.error(), name);
    }

    Stream& stream_;
    std::size_t piece_max_;
    detail::byte_buffer bytes_;
    detail::message_clock message_;
    detail::tied_writer* tied_ = nullptr;
};

}  // namespace ringlet
