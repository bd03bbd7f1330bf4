#include <ringlet/base/log.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
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

/// A time as RFC 3339 has it, in UTC and to the microsecond: 2026-11-28T09:30:00.000001Z.
class utc_time {
public:
    explicit utc_time(std::chrono::system_clock::time_point time) noexcept {
        const auto day = std::chrono::floor<std::chrono::days>(time);
        const std::chrono::year_month_day date(day);
        const std::chrono::hh_mm_ss clock(
            std::chrono::floor<std::chrono::microseconds>(time - day));
        const int size = std::snprintf(
            text_.data(), text_.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
            static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
            static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
            static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()),
            static_cast<int>(clock.subseconds().count()));
        size_ = static_cast<std::size_t>(size);
    }

    [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }

private:
    std::array<char, 96> text_{};  // room for any seven numbers, which the compiler reckons with
    std::size_t size_ = 0;
};

}  // namespace

log_line::log_line(const log_record& record, const options& wanted) noexcept {
    append("ringlet: ");
    append_escaped(record.message);
    append_field({"level", to_string(record.level)});
    if (wanted.time) {
        const utc_time time(record.time);
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
