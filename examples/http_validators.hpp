#pragma once

#include "http_request.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

/// A time as HTTP has it: in whole seconds.
using http_time = std::chrono::sys_seconds;

/// A time in the form of header fields: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, section 5.6.7).
std::string http_date(http_time time);

/// The time that a header field names, in the form above or one of the two older ones. No value
/// where the field names none.
std::optional<http_time> parse_http_date(std::string_view field);

/// The state of a file, by which clients tell whether the file that they have is the one that the
/// server has (RFC 9110, section 8.8).
struct http_validators {
    /// A file that has been modified in the future is taken for one that is new: its date must not
    /// be later than that of the response.
    http_validators(std::chrono::system_clock::time_point modified, std::uint64_t size);

    http_time last_modified;
    std::string etag;
};

/// The effect of the conditions of a request for a file (RFC 9110, section 13).
enum class http_precondition { satisfied, not_modified, failed };

/// The effect that the conditions of a GET or HEAD have for a file in the state `current`.
http_precondition evaluate_conditions(const http_request& request, const http_validators& current);

/// Whether the range of a request may be sent of a file in the state `current`: the client may have
/// made this depend on the state that it knows.
bool range_applies(const http_request& request, const http_validators& current);
