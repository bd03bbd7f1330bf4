#pragma once

#include <ringlet/net/detail/read_request.hpp>

#include <string_view>

namespace ringlet::detail {

/// Reads a number of bytes as a view: reader's `read_exactly`, `peek` and `read_all`.
class counted_read final : public read_request {
public:
    using result_type = std::string_view;

    /// `count` bytes; that there are fewer is end_of_stream, and more than `max` is too_long.
    [[nodiscard]] static counted_read exactly(byte_buffer& from, std::size_t count,
                                              std::size_t max) noexcept {
        return {from, count, max, kind::exactly};
    }

    /// The next `count` bytes without taking them, or as many as there are before the stream ends.
    [[nodiscard]] static counted_read peek(byte_buffer& from, std::size_t count,
                                           std::size_t max) noexcept {
        return {from, count, max, kind::peek};
    }

    /// All up to the end of the stream; more than `max` is too_long.
    [[nodiscard]] static counted_read all(byte_buffer& from, std::size_t max) noexcept;

    [[nodiscard]] bool attempt() override;
    [[nodiscard]] mutable_buffer room() override;
    [[nodiscard]] result_type take() noexcept;

private:
    enum class kind { exactly, peek, all };

    counted_read(byte_buffer& from, std::size_t count, std::size_t max, kind read) noexcept;

    std::size_t count_;  // with so many bytes the read has ended, well or not
    kind kind_;
};

}  // namespace ringlet::detail
