#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/writable_stream.hpp>

namespace ringlet {

/// A stream of bytes in both directions: readable_stream and writable_stream, and `co_await
/// end_sending()` ends the sending side, so that the peer reads the end, while `co_await abort()`
/// ends both as a failure and never throws.
template <class Stream>
concept duplex_stream = readable_stream<Stream> && writable_stream<Stream> &&
    requires(Stream& both) {
    detail::awaiter_of(both.end_sending()).await_resume();
    detail::awaiter_of(both.abort()).await_resume();
};

}  // namespace ringlet
