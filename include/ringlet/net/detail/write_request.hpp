#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>

#include <span>

namespace ringlet::detail {

/// One write to a buffered stream, as a machine of bytes that knows nothing of streams: it puts
/// what is written behind what is buffered, or lists both to be sent together. Where nothing is
/// written it is a flush. gathered_write has the memory for it.
class write_request {
public:
    using result_type = void;

    write_request(const write_request&) = delete;
    write_request& operator=(const write_request&) = delete;

    /// Whether nothing has to be sent: there was room, within the ordinary capacity, and what is
    /// written has been buffered; or a flush finds nothing to do. Throws std::bad_alloc.
    [[nodiscard]] bool attempt();

    /// All that is to be sent, in its order, without empty buffers at the beginning; valid as long
    /// as this object, and until the buffer changes.
    [[nodiscard]] std::span<const const_buffer> list() noexcept;

    // It cannot fail by itself, has nothing to put back, and yields nothing.
    [[nodiscard]] bool failed() const noexcept { return false; }
    void abandon() const noexcept {}
    void take() const noexcept {}

protected:
    /// The first of `buffers` is a place for what is buffered; the others are written.
    write_request(byte_buffer& to, std::span<const_buffer> buffers) noexcept
        : bytes_(to), buffers_(buffers) {}
    ~write_request() = default;

private:
    byte_buffer& bytes_;
    std::span<const_buffer> buffers_;
};

}  // namespace ringlet::detail
