#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The part of HTTP/1.1 (RFC 9110, RFC 9112) that a file server needs. These functions work on text
// and know nothing of connections and files.

/// A request of a client.
struct http_request {
    std::string method;
    std::string path;         // without escapes, relative to the root
    std::string range;        // the value of the header field; empty for the whole file
    bool keep_alive = false;  // whether another request may follow
};

/// The exception for a refused request: the status, as in "404 Not Found", and the header fields
/// that go with it.
struct http_refusal {
    std::string status;
    std::string fields{};
};

/// The longest request line, in bytes.
inline constexpr std::size_t request_line_max = 8'192;

/// The request whose head, without the empty line at its end, is `head`. Throws http_refusal.
http_request parse_request(std::string_view head);

/// A part of a file.
struct byte_range {
    std::uint64_t offset;
    std::uint64_t count;
};

/// The part of a file of `size` bytes that a Range field selects. No value, which means the whole
/// file, where the field asks for several ranges or makes no sense. Throws http_refusal for a range
/// beyond the file's end.
std::optional<byte_range> select_range(std::string_view field, std::uint64_t size);

/// The media type of a file, chosen by the ending of its name.
std::string_view media_type(std::string_view path);
