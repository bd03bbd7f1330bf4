#include "base/detail/utc_time.hpp"

#include <ringlet/base/log.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace ringlet {

namespace {

constexpr std::string_view cut_mark = "...";
constexpr std::string_view suppressed_name = " suppressed=";
constexpr std::size_t count_size_max = std::numeric_limits<std::uint64_t>::digits10 + 1;

// The end of a line, for which there is always room: the mark of a cut, a closing quote, the field
// `suppressed`, and the newline.
constexpr std::size_t end_size_max =
    cut_mark.size() + 1 + suppressed_name.size() + count_size_max + 1;

bool is_printable(char c) noexcept {
    return c >= ' ' && c <= '~';
}

bool is_plain(std::string_view value) noexcept {
    return !value.empty() && std::ranges::all_of(value, [](char c) {
        return is_printable(c) && c != ' ' && c != '"' && c != '=' && c != '\\';
    });
}

std::string_view escape_sequence(char c) noexcept {
    switch (c) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        return {};
    }
}

}  // namespace

log_line::log_line(const log_record& record, const options& wanted) noexcept {
    append("ringlet: ");
    append_escaped(record.message);
    append_field({"level", to_string(record.level)});
    if (wanted.time) {
        const detail::utc_time time(record.time);
        append_field({"time", time.text()});
    }
    for (const log_field& field : record.fields)
        if (!cut_)
            append_field(field);
    if (cut_)
        append_end(cut_mark);
    if (quoted_)
        append_end("\"");
    if (record.suppressed > 0) {
        append_end(suppressed_name);
        log_value(record.suppressed).with_text([this](std::string_view digits) {
            append_end(digits);
        });
    }
    append_end("\n");
}

void log_line::append_field(const log_field& field) noexcept {
    append(" ");
    append_escaped(field.name);
    append("=");
    try {
        field.value.with_text([this](std::string_view value) { append_value(value); });
    } catch (...) {
        append_value("?");
    }
}

void log_line::append_value(std::string_view value) noexcept {
    const std::string_view quote = is_plain(value) ? "" : "\"";
    append(quote);
    if (cut_)
        return;
    quoted_ = !quote.empty();
    append_escaped(value);
    append(quote);
    quoted_ = quoted_ && cut_;
}

void log_line::append_escaped(std::string_view text) noexcept {
    static constexpr std::string_view hex = "0123456789abcdef";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const std::array<char, 4> code{'\\', 'x', hex[byte / 16U], hex[byte % 16U]};
        if (const std::string_view known = escape_sequence(c); !known.empty())
            append(known);
        else if (is_printable(c))
            append({&c, 1});
        else
            append({code.data(), code.size()});
    }
}

// A piece is appended whole or not at all; after the first that does not fit comes no other.
void log_line::append(std::string_view piece) noexcept {
    cut_ = cut_ || size_ + piece.size() > size_max - end_size_max;
    if (!cut_)
        append_end(piece);
}

void log_line::append_end(std::string_view piece) noexcept {
    std::ranges::copy(piece, text_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += piece.size();
}

}  // namespace ringlet
