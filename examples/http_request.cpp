#include "http_request.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace {

constexpr auto npos = std::string_view::npos;

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

/// The number that `digits` spells; the greatest std::uint64_t where the number is greater. No
/// value where `digits` is not a number from its first to its last byte.
std::optional<std::uint64_t> parse_number(std::string_view digits, int base = 10) {
    std::uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [parsed, error] = std::from_chars(digits.data(), end, number, base);
    if (parsed != end || error == std::errc::invalid_argument)
        return std::nullopt;
    return error == std::errc() ? number : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

bool equals_ignoring_case(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view take_until(std::string_view& text, std::string_view delimiter) {
    const std::string_view part = text.substr(0, text.find(delimiter));
    text.remove_prefix(std::min(part.size() + delimiter.size(), text.size()));
    return part;
}

std::string path_of(std::string_view target) {
    const http_refusal malformed{"400 Bad Request"};
    constexpr std::string_view scheme = "http://";
    if (equals_ignoring_case(target.substr(0, scheme.size()), scheme))  // RFC 9112, section 3.2.2
        target.remove_prefix(std::min(target.find_first_of("/?#", scheme.size()), target.size()));
    else if (!target.starts_with('/'))
        throw malformed;
    std::string path;
    for (std::string_view rest = target.substr(0, target.find_first_of("?#")); !rest.empty();) {
        if (rest.front() != '%') {
            path += rest.front();
            rest.remove_prefix(1);
            continue;
        }
        const std::string_view digits = rest.substr(1, 2);
        const auto octet = parse_number(digits, 16);
        if (digits.size() != 2 || !octet)
            throw malformed;
        path += static_cast<char>(*octet);
        rest.remove_prefix(3);
    }
    path.erase(0, path.find_first_not_of('/'));
    return path.empty() || path.ends_with('/') ? path + "index.html" : path;
}

std::optional<byte_range> select_range(std::string_view field, std::uint64_t size) {
    const http_refusal beyond_the_end{"416 Range Not Satisfiable",
                                      "Content-Range: bytes */" + std::to_string(size) + "\r\n"};
    if (!equals_ignoring_case(take_until(field, "="), "bytes") || field.find('-') == npos)
        return std::nullopt;
    const std::string_view from = trimmed(take_until(field, "-"));
    const std::string_view to = trimmed(field);
    const auto first = parse_number(from);
    const auto last = to.empty() ? std::numeric_limits<std::uint64_t>::max() : parse_number(to);
    if (from.empty() && last && !to.empty()) {  // the client asks for the last `*last` bytes
        if (*last == 0)
            throw beyond_the_end;
        if (size == 0)
            return std::nullopt;
        return byte_range{size - std::min(*last, size), std::min(*last, size)};
    }
    if (!first || !last || *last < *first)
        return std::nullopt;
    if (*first >= size)
        throw beyond_the_end;
    return byte_range{*first, std::min(*last, size - 1) - *first + 1};
}

std::string_view media_type(std::string_view path) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {".html", "text/html; charset=utf-8"},
        {".txt", "text/plain; charset=utf-8"},
        {".css", "text/css"},
        {".js", "text/javascript"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".jpg", "image/jpeg"},
    };
    for (const auto& [ending, type] : types)
        if (path.ends_with(ending))
            return type;
    return "application/octet-stream";
}
