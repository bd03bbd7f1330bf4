#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/net/mutable_buffer.hpp>

#include <concepts>
#include <cstddef>

namespace ringlet {

/// A stream of bytes to read from: `co_await from.recv(buffer)` waits for at least one byte and
/// yields how many bytes it has put into the buffer; 0 is the end of the stream. It throws
/// std::system_error. The buffer, which is not empty, lasts until the await is over. An await that
/// throws, such as one that is cancelled, has received nothing.
template <class Stream>
concept readable_stream = requires(Stream& from, mutable_buffer into) {
    { detail::awaiter_of(from.recv(into)).await_resume() } -> std::convertible_to<std::size_t>;
};

}  // namespace ringlet
