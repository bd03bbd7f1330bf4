#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// As much of HTTP/1.1 (RFC 9110, RFC 9112) as a server of files needs: functions of text, which
// know nothing of connections and files.

/// What a client asks for.
struct http_request {
    std::string method;
    std::string path;         // without escapes, relative to the root
    std::string range;        // the value of the header field; empty where all is asked for
    bool keep_alive = false;  // whether another request may follow
};

/// Thrown where a request is refused: the status, as in "404 Not Found", and header fields that go
/// with it.
struct http_refusal {
    std::string status;
    std::string fields{};
};

/// The longest request line.
inline constexpr std::size_t request_line_max = 8'192;

/// Reads a request's head, without the empty line at its end. Throws http_refusal.
http_request parse_request(std::string_view head);

/// A part of a file.
struct byte_range {
    std::uint64_t offset;
    std::uint64_t count;
};

/// What a Range field selects of a file of `size` bytes: nothing in particular where it asks for
/// several ranges, or makes no sense and is to be ignored. Throws http_refusal for what lies beyond
/// the end.
std::optional<byte_range> select_range(std::string_view field, std::uint64_t size);

/// The media type of a file, going by its name.
std::string_view media_type(std::string_view path);
