#include "http_validators.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace {

constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Whether an entity tag is in a list of them, `*` being every tag. A weak tag, W/"...", equals
/// only where a weak comparison is enough.
bool lists(std::string_view list, std::string_view etag, bool weakly) {
    if (trimmed(list) == "*")
        return true;
    while (!list.empty()) {
        std::string_view listed = trimmed(take_until(list, ","));
        if (weakly && listed.starts_with("W/"))
            listed.remove_prefix(2);
        if (listed == etag)
            return true;
    }
    return false;
}

/// Whether a file that was last modified at `modified` was so after the time that `field` names. No
/// value where there is no such field, or it names no time.
std::optional<bool> modified_after(const std::optional<std::string>& field, http_time modified) {
    const auto named = field ? parse_http_date(*field) : std::nullopt;
    return named ? std::optional(modified > *named) : std::nullopt;
}

}  // namespace

std::string http_date(http_time time) {
    std::string text = "Sun, 06 Nov 1994 08:49:37 GMT";
    const auto write = [&text](std::size_t at, std::size_t digits, auto number) {
        for (auto rest = static_cast<unsigned>(number); digits-- > 0; rest /= 10)
            text[at + digits] = static_cast<char>('0' + rest % 10);
    };
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    text.replace(0, 3, days[std::chrono::weekday(day).c_encoding()]);
    write(5, 2, static_cast<unsigned>(date.day()));
    text.replace(8, 3, months[static_cast<unsigned>(date.month()) - 1]);
    write(12, 4, static_cast<int>(date.year()));
    write(17, 2, clock.hours().count());
    write(20, 2, clock.minutes().count());
    write(23, 2, clock.seconds().count());
    return text;
}

std::optional<http_time> parse_http_date(std::string_view field) {
    const std::string text(trimmed(field));
    for (const char* const form :
         {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
        std::tm parts{};
        const char* const end = ::strptime(text.c_str(), form, &parts);
        if (end == text.c_str() + text.size())
            return http_time(std::chrono::seconds(::timegm(&parts)));
    }
    return std::nullopt;
}

http_validators::http_validators(std::chrono::system_clock::time_point modified, std::uint64_t size)
    : last_modified(std::chrono::floor<std::chrono::seconds>(
          std::min(modified, std::chrono::system_clock::now()))) {
    std::array<char, 40> digits;
    char* const end = digits.data() + digits.size();
    const auto append = [&](auto number) {
        etag.append(digits.data(), std::to_chars(digits.data(), end, number, 16).ptr);
    };
    etag = '"';
    append(modified.time_since_epoch().count());
    etag += '-';
    append(size);
    etag += '"';
}

http_precondition evaluate_conditions(const http_request& request, const http_validators& current) {
    if (request.if_match) {
        if (!lists(*request.if_match, current.etag, false))
            return http_precondition::failed;
    } else if (modified_after(request.if_unmodified_since, current.last_modified) == true) {
        return http_precondition::failed;
    }
    if (request.if_none_match) {
        if (lists(*request.if_none_match, current.etag, true))
            return http_precondition::not_modified;
    } else if (modified_after(request.if_modified_since, current.last_modified) == false) {
        return http_precondition::not_modified;
    }
    return http_precondition::satisfied;
}

bool range_applies(const http_request& request, const http_validators& current) {
    if (!request.if_range)
        return true;
    return *request.if_range == current.etag ||
           parse_http_date(*request.if_range) == current.last_modified;
}
