#pragma once

#include <ringlet/ring/log_record.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <string_view>

namespace ringlet {

/// A record as the one line that the default log writes, for sinks that want the same:
///
///     ringlet: accepting pauses address=127.0.0.1:9999 error="Too many open files" suppressed=3
///
/// A value that is not plain is quoted. What is no printable ASCII is escaped as in C (`\n`, `\t`,
/// `\x1b`), so that a client cannot forge a line nor command a terminal.
class log_line {
public:
    /// The size of a line, with its newline: what a pipe takes in one piece. pipe(7). Of a record
    /// that is longer the rest is left out, and `...` stands for it.
    static constexpr std::size_t size_max = PIPE_BUF;

    explicit log_line(const log_record& record) noexcept;

    /// The line, with its newline. Lifetime: this object's.
    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    void append_field(const log_field& field) noexcept;
    void append_escaped(std::string_view text) noexcept;
    void append(std::string_view piece) noexcept;
    void append_end(std::string_view piece) noexcept;

    std::size_t size_ = 0;
    bool quoted_ = false;  // whether a quotation mark is open
    bool cut_ = false;     // whether something did not fit
    std::array<char, size_max> text_;
};

}  // namespace ringlet
