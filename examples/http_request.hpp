#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// The part of HTTP/1.1 (RFC 9110, RFC 9112) that a file server needs. What stands in the files
// http_*.hpp works on text and times, and knows nothing of connections and files.

/// A request of a client. A field that came in several lines has their values with commas between.
struct http_request {
    std::string method;
    std::string target;       // as it came
    bool http_1_0 = false;    // a client of HTTP/1.0, or older than this server knows
    bool keep_alive = false;  // whether another request may follow
    std::optional<std::string> expect;
    std::optional<std::string> host;
    std::optional<std::string> if_match;
    std::optional<std::string> if_modified_since;
    std::optional<std::string> if_none_match;
    std::optional<std::string> if_range;
    std::optional<std::string> if_unmodified_since;
    std::optional<std::string> range;
    std::optional<std::string> transfer_encoding;
};

/// The exception for a refused request: the status, as in "404 Not Found", and the header fields
/// that go with it.
struct http_refusal {
    std::string status;
    std::string fields{};
};

/// Whether two texts differ at most in the case of their letters, those of ASCII.
bool equals_ignoring_case(std::string_view one, std::string_view other);

/// `text` without the blanks at both of its ends.
std::string_view trimmed(std::string_view text);

/// Removes the part before the first `delimiter` from `text`, and the delimiter with it. Returns
/// this part; all of `text` where it has no delimiter.
std::string_view take_until(std::string_view& text, std::string_view delimiter);

/// The path of the file that `target` asks for, without escapes and relative to the root. Throws
/// http_refusal.
std::string path_of(std::string_view target);

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
