#pragma once

#include <ringlet/net/detail/read_request.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>

namespace ringlet::detail {

/// Reads up to a delimiter: reader's `read_line` and `read_until`. However small the pieces in
/// which the bytes come, each is searched once.
class delimited_read final : public read_request {
public:
    using result_type = std::optional<std::string_view>;

    /// Makes a read of a line, which ends with "\n" or "\r\n", or with the stream. It fails with
    /// too_long for more than `max` bytes before the end of the line.
    [[nodiscard]] static delimited_read line(byte_buffer& from, std::size_t max) noexcept {
        return {from, "\n", max, true};
    }

    /// Makes a read up to `delimiter`, which must last until the read has ended. It fails with
    /// too_long for more than `max` bytes before the delimiter. Throws std::invalid_argument for an
    /// empty delimiter.
    [[nodiscard]] static delimited_read until(byte_buffer& from, std::string_view delimiter,
                                              std::size_t max);

    [[nodiscard]] bool attempt() override;
    [[nodiscard]] mutable_buffer room() override {
        return bytes().prepare(bytes().size() + 1, window_max_);
    }

    /// The answer: the bytes before the delimiter, which are taken with it; nothing at the end of
    /// the stream.
    [[nodiscard]] result_type take() noexcept;

private:
    static constexpr std::size_t line_end_max = 2;  // "\r\n"

    delimited_read(byte_buffer& from, std::string_view delimiter, std::size_t max,
                   bool line) noexcept
        : read_request(from), delimiter_(delimiter), max_(max), line_(line) {
        const std::size_t end_max = line ? line_end_max : delimiter.size();
        const std::size_t end_room = std::numeric_limits<std::size_t>::max() - max;
        window_max_ = max + (end_max < end_room ? end_max : end_room);
    }

    void found(std::string_view window, std::size_t at) noexcept;
    void reached_end() noexcept;

    std::string_view delimiter_;
    std::size_t max_;
    std::size_t window_max_;  // among so many bytes it is decided whether there is an answer
    bool line_;
    bool nothing_ = false;
    std::size_t searched_ = 0;
    std::size_t size_ = 0;
    std::size_t taken_ = 0;  // with the delimiter
};

}  // namespace ringlet::detail
