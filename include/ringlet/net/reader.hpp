#pragma once

#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>
#include <ringlet/net/detail/buffered_operation.hpp>
#include <ringlet/net/detail/buffered_side.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/detail/counted_read.hpp>
#include <ringlet/net/detail/delimited_read.hpp>
#include <ringlet/net/detail/transfer_read.hpp>
#include <ringlet/net/readable_stream.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace ringlet {

/// The limits of a reader.
struct reader_options {
    /// How many bytes are received at a time, and kept until they are read. With 0 nothing is
    /// received that is not asked for: lines come one byte at a time, but what follows them is left
    /// in the stream for others.
    std::size_t buffer_size = 8192;

    /// The longest line, or other piece, that is given as a view: more is stream_errc::too_long.
    /// Only for a piece that needs it does the buffer grow so far.
    std::size_t piece_max = 65'536;

    /// How long each wait for the stream may last before it fails with timed_out; 0 is for ever, a
    /// year the longest.
    std::chrono::milliseconds timeout{0};
};

/// Reads a stream in lines and other pieces. It receives as much as comes and keeps what is left
/// over for the next read, of whatever kind that is.
///
///     ringlet::reader in(client);
///     while (const auto line = co_await in.read_line())
///         answer(*line);
///
/// What yields a view yields memory of the reader: valid until the next read.
///
/// A read that fails takes nothing, so that what has come can be read otherwise: that the stream
/// ends too early is stream_errc::end_of_stream, that a piece is longer than the maximum is
/// stream_errc::too_long, and anything else is the stream's own error. It is thrown as
/// std::system_error, or stored in `error`, which a success clears.
///
/// One thread: the loop's. One read at a time; a second is a std::logic_error. Lifetime: the stream
/// outlives the reader, and nothing is pending when that ends; what is buffered goes with it.
template <readable_stream Stream>
class reader final : public detail::buffered_side {
    template <class Request>
    using operation = detail::buffered_operation<reader, Request>;

public:
    /// Throws std::logic_error outside a loop. Memory is allocated at the first read.
    explicit reader(Stream& from, const reader_options& options = {})
        : detail::buffered_side("reader", options.timeout), stream_(from),
          piece_max_(options.piece_max), bytes_(options.buffer_size) {}

    /// Reads the next line and yields it without its end, "\n" or "\r\n"; nothing at the end of the
    /// stream. A last line that has no end is a line too.
    operation<detail::delimited_read> read_line(error_sink error = throws) {
        return read_line(piece_max_, error);
    }
    /// The same for lines of at most `max` bytes, not counting their end.
    operation<detail::delimited_read> read_line(std::size_t max, error_sink error = throws) {
        return {*this, "read_line", error, detail::delimited_read::line(bytes_, max)};
    }

    /// Reads up to `delimiter`, takes that too, and yields what stands before it; nothing at the
    /// end of the stream, but end_of_stream behind a beginning that no delimiter follows. The
    /// delimiter must last until the await is over; an empty one is a std::invalid_argument.
    operation<detail::delimited_read> read_until(std::string_view delimiter,
                                                 error_sink error = throws) {
        return read_until(delimiter, piece_max_, error);
    }
    /// The same for pieces of at most `max` bytes, not counting the delimiter.
    operation<detail::delimited_read> read_until(std::string_view delimiter, std::size_t max,
                                                 error_sink error = throws) {
        return {*this, "read_until", error, detail::delimited_read::until(bytes_, delimiter, max)};
    }

    /// Reads `count` bytes and yields them. More than `piece_max` is too_long at once: a length
    /// that the peer has sent may be passed.
    operation<detail::counted_read> read_exactly(std::size_t count, error_sink error = throws) {
        const auto request = detail::counted_read::exactly(bytes_, count, piece_max_);
        return {*this, "read_exactly", error, request};
    }

    /// Fills `buffer`, however large it is, and yields its size; 0 with an error. Large ones are
    /// received into directly.
    operation<detail::transfer_read> read_exactly(mutable_buffer buffer,
                                                  error_sink error = throws) {
        return {*this, "read_exactly", error, detail::transfer_read::exactly(bytes_, buffer)};
    }

    /// Reads what there is, up to the size of `buffer`, waiting for at least one byte. Yields the
    /// count; 0 is the end of the stream. Throws std::invalid_argument for an empty buffer.
    operation<detail::transfer_read> read_some(mutable_buffer buffer, error_sink error = throws) {
        return {*this, "read_some", error, detail::transfer_read::some(bytes_, buffer)};
    }

    /// Waits for `count` bytes and yields them without taking them; fewer only where the stream
    /// ends before. More than `piece_max` is too_long.
    ///
    ///     while (!(co_await in.peek(1)).empty())      // until the end of the stream
    operation<detail::counted_read> peek(std::size_t count, error_sink error = throws) {
        return {*this, "peek", error, detail::counted_read::peek(bytes_, count, piece_max_)};
    }

    /// Drops `count` bytes, however many, and yields that. Other than for all else, what has been
    /// dropped before an error is gone; if the error is stored in `error`, the result is how much.
    operation<detail::transfer_read> skip(std::size_t count, error_sink error = throws) {
        return {*this, "skip", error, detail::transfer_read::skip(bytes_, count)};
    }

    /// Reads up to the end of the stream and yields all of it, at most `piece_max` or `max` bytes.
    operation<detail::counted_read> read_all(error_sink error = throws) {
        return read_all(piece_max_, error);
    }
    operation<detail::counted_read> read_all(std::size_t max, error_sink error = throws) {
        return {*this, "read_all", error, detail::counted_read::all(bytes_, max)};
    }

    /// What has been received and not read yet.
    [[nodiscard]] std::string_view buffered() const noexcept { return bytes_.view(); }

private:
    template <class Side, class Request>
    friend class detail::buffered_operation;

    /// Receives until `request` has its answer.
    task<> carry_out(detail::read_request& request, const char* name) {
        const turn own_turn(*this, name);
        bool ended = request.attempt();
        if (ended && !request.failed())
            co_await detail::yield_operation(
                core_);  // there is an answer, but too many came inline
        for (; !ended; ended = request.attempt()) {
            const auto limit = patience();
            request.received(co_await stream_.recv(request.room()));
        }
        if (request.failed())
            throw std::system_error(request.error(), name);
    }

    Stream& stream_;
    std::size_t piece_max_;
    detail::byte_buffer bytes_;
};

}  // namespace ringlet
