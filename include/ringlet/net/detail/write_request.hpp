#pragma once

#include <ringlet/net/const_buffer.hpp>
#include <ringlet/net/detail/byte_buffer.hpp>

#include <span>

namespace ringlet::detail {

/// One write to a buffered stream, as a machine of bytes that knows nothing of streams: it puts the
/// bytes of the write behind those in the buffer, or lists both to be sent together. A write of no
/// bytes is a flush. gathered_write has the memory for it.
class write_request {
public:
    using result_type = void;

    write_request(const write_request&) = delete;
    write_request& operator=(const write_request&) = delete;

    /// Whether no send is needed: the bytes have found room in the buffer, within its ordinary
    /// capacity; or a flush finds no bytes. Throws std::bad_alloc.
    [[nodiscard]] bool attempt();

    /// All bytes that are to be sent, in their order, without empty buffers at the beginning.
    /// Lifetime: this object's, and until the byte_buffer changes.
    [[nodiscard]] std::span<const const_buffer> list() noexcept;

    // It cannot fail by itself, has nothing to put back, and yields nothing.
    [[nodiscard]] bool failed() const noexcept { return false; }
    void abandon() const noexcept {}
    void take() const noexcept {}

protected:
    /// Makes a write of all `buffers` but the first, which is a place for the bytes in the buffer.
    write_request(byte_buffer& to, std::span<const_buffer> buffers) noexcept
        : bytes_(to), buffers_(buffers) {}
    ~write_request() = default;

private:
    byte_buffer& bytes_;
    std::span<const_buffer> buffers_;
};

}  // namespace ringlet::detail
