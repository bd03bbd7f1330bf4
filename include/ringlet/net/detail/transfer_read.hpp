#pragma once

#include <ringlet/net/detail/read_request.hpp>

namespace ringlet::detail {

/// Moves bytes into memory of the caller's, or drops them: reader's `read_some`, `read_exactly` and
/// `skip`. While no byte is buffered, the bytes for a large memory are received straight into it.
class transfer_read final : public read_request {
public:
    using result_type = std::size_t;

    /// Makes a read of as many bytes as there are, at least one; 0 at the end of the stream. Throws
    /// std::invalid_argument for an empty buffer.
    [[nodiscard]] static transfer_read some(byte_buffer& from, mutable_buffer into);

    /// Makes a read of as many bytes as `into` has room for. It fails with end_of_stream if there
    /// are fewer.
    [[nodiscard]] static transfer_read exactly(byte_buffer& from, mutable_buffer into) noexcept {
        return {from, into.data(), into.size(), extent::all};
    }

    /// Makes a read that drops `count` bytes. It fails with end_of_stream if there are fewer.
    [[nodiscard]] static transfer_read skip(byte_buffer& from, std::size_t count) noexcept {
        return {from, nullptr, count, extent::all};
    }

    [[nodiscard]] bool attempt() override;
    [[nodiscard]] mutable_buffer room() override;
    void received(std::size_t count) override;

    /// The answer: how many bytes have been moved or dropped. After a failure, how many were
    /// dropped.
    [[nodiscard]] result_type take() const noexcept { return done_; }

private:
    enum class extent { some, all };

    transfer_read(byte_buffer& from, void* into, std::size_t size, extent wanted) noexcept
        : read_request(from), into_(static_cast<char*>(into)), size_(size), wanted_(wanted) {}

    void move() noexcept;
    void put_back() override;

    char* into_;  // nullptr drops
    std::size_t size_;
    extent wanted_;
    std::size_t done_ = 0;
    bool direct_ = false;  // whether the room that was given last is the caller's own
};

}  // namespace ringlet::detail
