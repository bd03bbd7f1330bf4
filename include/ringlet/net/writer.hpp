#pragma once

#include <ringlet/base/detail/trailing_error.hpp>
#include <ringlet/base/error_sink.hpp>
#include <ringlet/loop/detail/yield_operation.hpp>
#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/buffered_operation.hpp>
#include <ringlet/net/detail/buffered_side.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/detail/gathered_write.hpp>
#include <ringlet/net/detail/print_piece.hpp>
#include <ringlet/net/detail/tied_writer.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/writable_stream.hpp>

#include <version>
#ifdef __cpp_lib_format
#include <format>
#endif

#include <chrono>
#include <cstddef>
#include <exception>
#include <span>
#include <string>
#include <utility>

namespace ringlet {

template <readable_stream Stream>
class reader;

/// The limits of a writer.
struct writer_options {
    /// How many bytes the writer collects before it sends them. With 0 each write is a send.
    std::size_t buffer_size = 8192;

    /// How long each wait for the stream, a send of all bytes that there are, may last before it
    /// fails with timed_out: at most a year; 0 stands for no limit.
    std::chrono::milliseconds timeout{0};
};

/// Writes to a stream in small pieces, which it collects, and sends together when there is no room
/// for more, and at `flush`.
///
///     ringlet::writer out(client);
///     co_await out.print("HTTP/1.1 ", status, "\r\nContent-Length: ", body.size(), "\r\n\r\n");
///     co_await out.write(body);
///     co_await out.flush();
///
/// A piece that finds no room is sent behind the bytes in the buffer, without being copied, and the
/// coroutine that writes waits for that: a peer that reads slowly costs no more memory than the
/// buffer.
///
/// A send that fails or is cancelled may have sent a part of its bytes, and nobody knows how many.
/// It is the last one: the writer drops the bytes in its buffer, and every later write throws the
/// exception of that send. A write that fails before, in a scope that is cancelled already, changes
/// nothing.
///
/// A reader that is tied to the writer flushes it: see reader::tie.
///
/// One thread: the loop's. One write or flush may be pending at a time; a second throws
/// std::logic_error. Lifetime: the stream outlives the writer, and no write is pending when the
/// writer ends. Bytes that have not been flushed by then are not sent: a destructor cannot wait.
template <writable_stream Stream>
class writer final : public detail::buffered_side, private detail::tied_writer {
    using write_operation =
        detail::buffered_operation<writer, detail::gathered_write<const_buffer, 1>>;
    using flush_operation =
        detail::buffered_operation<writer, detail::gathered_write<const_buffer, 0>>;
    template <std::size_t Count>
    using print_operation =
        detail::buffered_operation<writer, detail::gathered_write<detail::print_piece, Count>>;

public:
    /// Makes a writer to the stream `to` in the loop that runs in this thread. It allocates memory
    /// when bytes are written, and gives it back when they have been sent. Throws std::logic_error
    /// outside a loop, and std::invalid_argument for a timeout that is not 0 to a year.
    explicit writer(Stream& to, const writer_options& options = {})
        : detail::buffered_side("writer", options.timeout), stream_(to),
          bytes_(options.buffer_size) {}

    /// Writes `buffer`, which must last until the await is over. Awaiting it throws
    /// std::system_error, or stores the error in `error`.
    write_operation write(const_buffer buffer, error_sink error = throws) {
        return {*this, "write", error, bytes_, buffer};
    }

    /// Writes all `parts`, one after the other: text and bytes as they are, a char as itself, a
    /// bool as `true` or `false`, and a number in digits, in the shortest form that reads back as
    /// the same number. The parts must last until the await is over. Awaiting it throws
    /// std::system_error.
    template <detail::printable... Part>
    print_operation<sizeof...(Part)> print(const Part&... parts) {
        static_assert(sizeof...(Part) > 0, "print: there is nothing to print");
        return {*this, "print", throws, bytes_, parts...};
    }

    /// Writes all parts, one after the other, and stores the error in the std::error_code that
    /// comes last: `print("HTTP/1.1 ", status, error)`. The parts are as in the other form, and
    /// must last until the await is over.
    template <class... Part>
    requires detail::trailing_error<Part...>
    auto print(Part&&... parts_and_error) {
        static_assert(sizeof...(Part) > 1, "print: there is nothing to print");
        return detail::with_trailing_error(
            [this]<detail::printable... Printed>(error_sink error, const Printed&... parts) {
                return print_operation<sizeof...(Printed)>(*this, "print", error, bytes_, parts...);
            },
            std::forward<Part>(parts_and_error)...);
    }

    /// Sends the bytes in the buffer. Awaiting it throws std::system_error, or stores the error in
    /// `error`.
    flush_operation flush(error_sink error = throws) { return {*this, "flush", error, bytes_}; }

    /// How many bytes are in the buffer and have not been sent yet.
    [[nodiscard]] std::size_t buffered() const noexcept { return bytes_.size(); }

    /// Whether a send has failed or was cancelled, so that every further write fails.
    [[nodiscard]] bool failed() const noexcept { return failure_ != nullptr; }

#ifdef __cpp_lib_format
    /// Writes the text that std::format makes of its arguments. Awaiting it throws
    /// std::system_error.
    template <class... Argument>
    [[nodiscard]] task<> format(std::format_string<Argument...> format, Argument&&... arguments) {
        return write_text(std::format(format, std::forward<Argument>(arguments)...));
    }
#endif

private:
    template <class Side, class Request>
    friend class detail::buffered_operation;
    template <readable_stream From>
    friend class reader;

    [[nodiscard]] bool has_unsent() const noexcept override {
        return idle() && buffered() > 0;
    }
    [[nodiscard]] task<> send_unsent() override {
        co_await flush();
    }

    [[nodiscard]] bool may_complete_inline(const char* name) {
        return detail::buffered_side::may_complete_inline(name) && !failed();
    }

    /// Sends the pieces that `request` lists, unless there is room for them in the buffer.
    task<> carry_out(detail::write_request& request, const char* name) {
        const turn own_turn(*this, name);
        if (failed())
            std::rethrow_exception(failure_);
        if (request.attempt()) {
            co_await detail::yield_operation(core_);  // too many writes in a row ended inline
            co_return;
        }
        try {
            const auto limit = wait_limit();
            co_await send(request.list());
        } catch (...) {
            failure_ = std::current_exception();
        }
        bytes_.release();
        if (failed())
            std::rethrow_exception(failure_);
    }

    task<> write_text(std::string text) {
        co_await write(text);
    }

    task<> send(std::span<const const_buffer> buffers) {
        if constexpr (detail::gathers<Stream>)
            if (buffers.size() > 1) {
                co_await stream_.send_all(buffers);
                co_return;
            }
        for (const const_buffer& each : buffers)
            co_await stream_.send_all(each);
    }

    Stream& stream_;
    detail::byte_buffer bytes_;
    std::exception_ptr failure_;
};

}  // namespace ringlet
