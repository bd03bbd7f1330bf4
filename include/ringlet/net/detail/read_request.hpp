#pragma once

#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/stream_errc.hpp>

#include <cstddef>

namespace ringlet::detail {

/// One read from a buffered stream, as a machine of bytes that knows nothing of streams: it looks
/// for its answer in a byte_buffer, and says where more bytes are to be received.
///
///     while (!request.attempt())
///         request.received(co_await from.recv(request.room()));
///     return request.take();
class read_request {
public:
    /// Looks at the bytes that have come so far. True once the read has ended, with an answer or an
    /// error. It may be called again although no byte has come.
    [[nodiscard]] virtual bool attempt() = 0;

    /// The error with which the read has ended; no error if it has an answer or goes on.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }

    /// Whether the read has ended with an error.
    [[nodiscard]] bool failed() const noexcept { return error_ != stream_errc(); }

    /// The memory into which to receive the bytes that are missing; never empty. Throws
    /// std::bad_alloc.
    [[nodiscard]] virtual mutable_buffer room() = 0;

    /// Notes that `count` bytes have been received into `room`; 0 is the end of the stream.
    virtual void received(std::size_t count) {
        if (count == 0)
            bytes_->set_ended();
        else
            bytes_->commit(count);
    }

    /// Gives the read up, which has failed or is cancelled: the bytes that it has taken go back, so
    /// that none is lost, and `take` gives no answer. Throws std::bad_alloc.
    void abandon() {
        abandoned_ = true;
        put_back();
    }

protected:
    explicit read_request(byte_buffer& from) noexcept : bytes_(&from) {}
    read_request(const read_request&) = default;
    read_request& operator=(const read_request&) = default;
    ~read_request() = default;

    void fail(stream_errc error) noexcept { error_ = error; }
    virtual void put_back() {}

    [[nodiscard]] bool answered() const noexcept { return !failed() && !abandoned_; }

    [[nodiscard]] byte_buffer& bytes() const noexcept { return *bytes_; }

private:
    byte_buffer* bytes_;
    stream_errc error_{};
    bool abandoned_ = false;
};

}  // namespace ringlet::detail
