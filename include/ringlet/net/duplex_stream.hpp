#pragma once

#include <ringlet/coro/detail/scoped_await.hpp>
#include <ringlet/net/readable_stream.hpp>
#include <ringlet/net/stream.hpp>
#include <ringlet/net/writable_stream.hpp>

namespace ringlet {

/// A stream of bytes in both directions: readable_stream and writable_stream, and
/// `shutdown(stream::how::sending)` ends the sending side, so that the peer reads the end, while
/// `co_await abort()` ends both as a failure and never throws.
template <class Stream>
concept duplex_stream = readable_stream<Stream> && writable_stream<Stream> &&
    requires(Stream& both) {
    both.shutdown(stream::how::sending);
    detail::awaiter_of(both.abort()).await_resume();
};

}  // namespace ringlet
