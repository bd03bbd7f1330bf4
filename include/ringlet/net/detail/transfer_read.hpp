#pragma once

#include <ringlet/net/detail/read_request.hpp>

namespace ringlet::detail {

/// Moves bytes into memory of the caller's, or drops them: reader's `read_some`, `read_exactly` and
/// `skip`. Where nothing is buffered, much memory is received into directly.
class transfer_read final : public read_request {
public:
    using result_type = std::size_t;

    /// As many bytes as there are, at least one; 0 at the end of the stream. An empty buffer is a
    /// std::invalid_argument.
    [[nodiscard]] static transfer_read some(byte_buffer& from, mutable_buffer into);

    /// As many bytes as `into` has room for; that there are fewer is end_of_stream.
    [[nodiscard]] static transfer_read exactly(byte_buffer& from, mutable_buffer into) noexcept {
        return {from, into.data(), into.size(), amount::all};
    }

    /// Drops `count` bytes; that there are fewer is end_of_stream.
    [[nodiscard]] static transfer_read skip(byte_buffer& from, std::size_t count) noexcept {
        return {from, nullptr, count, amount::all};
    }

    [[nodiscard]] bool attempt() override;
    [[nodiscard]] mutable_buffer room() override;
    void received(std::size_t count) override;

    /// How many bytes have been moved or dropped. Without an answer, only what was dropped is.
    [[nodiscard]] result_type take() const noexcept { return done_; }

private:
    enum class amount { some, all };

    transfer_read(byte_buffer& from, void* into, std::size_t size, amount wanted) noexcept
        : read_request(from), into_(static_cast<char*>(into)), size_(size), wanted_(wanted) {}

    void move() noexcept;
    void put_back() override;

    char* into_;  // nullptr drops
    std::size_t size_;
    amount wanted_;
    std::size_t done_ = 0;
    bool direct_ = false;  // the room that was given last is the caller's own
};

}  // namespace ringlet::detail
