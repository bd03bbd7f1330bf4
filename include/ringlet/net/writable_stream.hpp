#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/net/const_buffer.hpp>

#include <span>

namespace ringlet {

/// A stream of bytes to write to: `co_await to.send_all(buffer)` sends all of it, suspending where
/// the other side is slow, and throws what goes wrong. The buffer lasts until the await is over.
///
/// Where it can send several buffers at one go, `send_all(std::span<const const_buffer>)`, as
/// stream does, that is used.
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
