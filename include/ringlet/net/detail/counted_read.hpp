#pragma once

#include <ringlet/net/detail/read_request.hpp>

#include <string_view>

namespace ringlet::detail {

/// Reads a number of bytes as a view: reader's `read_exactly`, `peek` and `read_all`.
class counted_read final : public read_request {
public:
    using result_type = std::string_view;

    /// Makes a read of `count` bytes. It fails with end_of_stream if there are fewer, and with
    /// too_long if `count` is more than `max`.
    [[nodiscard]] static counted_read exactly(byte_buffer& from, std::size_t count,
                                              std::size_t max) noexcept {
        return {from, count, max, kind::exactly};
    }

    /// Makes a read of the next `count` bytes that does not take them; the answer has fewer bytes
    /// if the stream ends before. It fails with too_long if `count` is more than `max`.
    [[nodiscard]] static counted_read peek(byte_buffer& from, std::size_t count,
                                           std::size_t max) noexcept {
        return {from, count, max, kind::peek};
    }

    /// Makes a read of all bytes up to the end of the stream. It fails with too_long if they are
    /// more than `max`.
    [[nodiscard]] static counted_read all(byte_buffer& from, std::size_t max) noexcept;

    [[nodiscard]] bool attempt() override;
    [[nodiscard]] mutable_buffer room() override;
    [[nodiscard]] result_type take() noexcept;

private:
    enum class kind { exactly, peek, all };

    counted_read(byte_buffer& from, std::size_t count, std::size_t max, kind read) noexcept;

    std::size_t count_;  // with so many bytes the read has ended, in an answer or an error
    kind kind_;
};

}  // namespace ringlet::detail
