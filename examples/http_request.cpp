#include "http_request.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

namespace {

constexpr auto npos = std::string_view::npos;

/// Removes the part before the first `delimiter` from `text`, and the delimiter with it. Returns
/// this part; all of `text` where it has no delimiter.
std::string_view take_until(std::string_view& text, std::string_view delimiter) {
    const std::string_view part = text.substr(0, text.find(delimiter));
    text.remove_prefix(std::min(part.size() + delimiter.size(), text.size()));
    return part;
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& letter : lowered)
        if (letter >= 'A' && letter <= 'Z')
            letter = static_cast<char>(letter - 'A' + 'a');
    return lowered;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == npos ? "" : text.substr(first, text.find_last_not_of(" \t") - first + 1);
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

std::string decode_path(std::string_view target) {
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
            throw http_refusal{"400 Bad Request"};
        path += static_cast<char>(*octet);
        rest.remove_prefix(3);
    }
    path.erase(0, path.find_first_not_of('/'));
    return path.empty() || path.ends_with('/') ? path + "index.html" : path;
}

}  // namespace

http_request parse_request(std::string_view head) {
    const http_refusal malformed{"400 Bad Request"};
    while (head.starts_with("\r\n"))
        head.remove_prefix(2);
    std::string_view line = take_until(head, "\r\n");
    if (line.size() > request_line_max)
        throw http_refusal{"414 URI Too Long"};
    http_request request;
    request.method = take_until(line, " ");
    const std::string_view target = take_until(line, " ");
    const bool http_1_0 = line == "HTTP/1.0";
    if (request.method.empty() || !target.starts_with('/') || (line != "HTTP/1.1" && !http_1_0))
        throw malformed;
    request.path = decode_path(target);

    bool keep_alive = !http_1_0;
    bool has_body = false;
    bool conditional = false;
    int hosts = 0;
    while (!head.empty()) {
        line = take_until(head, "\r\n");
        const std::string name = lower(take_until(line, ":"));
        const std::string_view value = trimmed(line);
        if (name.empty() || name.find_first_of(" \t") != npos)
            throw malformed;
        if (name == "host")
            ++hosts;
        else if (name == "connection" && lower(value).find("close") != npos)
            keep_alive = false;
        else if (name == "connection" && lower(value).find("keep-alive") != npos)
            keep_alive = true;
        else if (name == "range")
            request.range = value;
        else if (name == "if-range")
            conditional = true;
        else if (name == "transfer-encoding" || (name == "content-length" && value != "0"))
            has_body = true;
    }
    if (hosts != 1 && !(http_1_0 && hosts == 0))
        throw malformed;
    if (conditional)  // the range depends on a validator, and this server gives none
        request.range.clear();
    request.keep_alive = keep_alive && !has_body;  // this server reads no body
    return request;
}

std::optional<byte_range> select_range(std::string_view field, std::uint64_t size) {
    const http_refusal beyond_the_end{"416 Range Not Satisfiable",
                                      "Content-Range: bytes */" + std::to_string(size) + "\r\n"};
    if (lower(take_until(field, "=")) != "bytes" || field.find('-') == npos)
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
