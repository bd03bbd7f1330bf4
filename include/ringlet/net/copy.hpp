#pragma once

#include <ringlet/coro/task.hpp>
#include <ringlet/net/detail/transfer.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/writable_stream.hpp>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace ringlet {

/// How many bytes `copy` and `relay` hold in memory at a time, in each direction, unless they are
/// told another size. Of a `stream` they hold so many only while much comes at once, and none while
/// they wait: the loop lends the buffers for that.
inline constexpr std::size_t copy_buffer_size = std::size_t{64} << 10U;

/// Sends all that comes from `from` to `to`, up to the end of `from`. Yields how many bytes it has
/// sent. It receives a piece and sends it, in turn, so that a slow `to` suspends it, and costs no
/// memory beyond a piece. `to` stays open: to tell it of the end, end its sending side.
///
///     const std::uint64_t bytes = co_await ringlet::copy(client, server);
///     co_await server.end_sending();
///
/// Throws what receiving and sending throw, and std::invalid_argument for a buffer size of 0. A
/// piece that has been received is lost where sending it fails. One thread: the loop's. Lifetime:
/// the streams outlast the await.
template <readable_stream From, writable_stream To>
[[nodiscard]] task<std::uint64_t> copy(From& from, To& to,
                                       std::size_t buffer_size = copy_buffer_size) {
    if (buffer_size == 0)
        throw std::invalid_argument("copy: buffer_size must be 1 or more");
    detail::transfer course;
    const auto ignored = [] {};
    co_await detail::transfer_all(from, to, buffer_size, course, ignored);
    co_return course.bytes;
}

/// Sends all that comes from `from` to `to` as the other form does, and stores the error of
/// receiving in `from_error` and that of sending in `to_error`: at most one of them, and none after
/// a success. Yields how many bytes it has sent in any case.
template <readable_stream From, writable_stream To>
[[nodiscard]] task<std::uint64_t> copy(From& from, To& to, std::error_code& from_error,
                                       std::error_code& to_error,
                                       std::size_t buffer_size = copy_buffer_size) {
    if (buffer_size == 0)
        throw std::invalid_argument("copy: buffer_size must be 1 or more");
    from_error.clear();
    to_error.clear();
    detail::transfer course;
    const auto ignored = [] {};
    try {
        co_await detail::transfer_all(from, to, buffer_size, course, ignored);
    } catch (const std::system_error& failure) {
        (course.sending ? to_error : from_error) = failure.code();
    }
    co_return course.bytes;
}

}  // namespace ringlet
