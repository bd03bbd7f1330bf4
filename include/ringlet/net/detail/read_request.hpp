#pragma once

#include <ringlet/net/detail/byte_buffer.hpp>
#include <ringlet/net/mutable_buffer.hpp>
#include <ringlet/net/stream_errc.hpp>

#include <cstddef>

namespace ringlet::detail {

/// One read from a buffered stream, as a machine of bytes that knows nothing of streams: it looks
/// for its answer in a byte_buffer, and says where more is to be received.
///
///     while (!request.attempt())
///         request.received(co_await from.recv(request.room()));
///     return request.take();
class read_request {
public:
    /// Looks at what has come so far: true once the read has ended, with an answer or an error. It
    /// may be called again without anything having come.
    [[nodiscard]] virtual bool attempt() = 0;

    /// The error that it has ended with, if it has.
    [[nodiscard]] std::error_code error() const noexcept { return error_; }
    [[nodiscard]] bool failed() const noexcept { return error_ != stream_errc(); }

    /// Where to receive what is missing; never empty. Throws std::bad_alloc.
    [[nodiscard]] virtual mutable_buffer room() = 0;

    /// So many bytes have been received into `room`; 0 is the end of the stream.
    virtual void received(std::size_t count) {
        if (count == 0)
            bytes_->set_ended();
        else
            bytes_->commit(count);
    }

    /// The read has no answer, since it or something else failed: what it has taken goes back, so
    /// that nothing is lost, and `take` gives nothing. Throws std::bad_alloc.
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
