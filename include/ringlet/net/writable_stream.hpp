#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/net/const_buffer.hpp>

#include <span>

namespace ringlet {

/// A stream of bytes to write to: `co_await to.send_all(buffer)` sends all of the buffer, and
/// suspends while the other side is slow. It throws std::system_error. The buffer lasts until the
/// await is over.
///
/// A stream that can also send several buffers at one go, as `stream` can, has
/// `send_all(std::span<const const_buffer>)`, which writers then use.
template <class Stream>
concept writable_stream = requires(Stream& to, const_buffer from) {
    detail::awaiter_of(to.send_all(from)).await_resume();
};

namespace detail {

template <class Stream>
concept gathers = requires(Stream& to, std::span<const const_buffer> several) {
    awaiter_of(to.send_all(several)).await_resume();
};

}  // namespace detail

}  // namespace ringlet
