#include "http_validators.hpp"

#include <array>
#include <cstdio>
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
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 64> text;
    const int size = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
        days[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
        months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(size)};
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
    : last_modified(std::chrono::floor<std::chrono::seconds>(modified)) {
    std::array<char, 64> text;
    const auto ticks = static_cast<unsigned long long>(modified.time_since_epoch().count());
    const int written = std::snprintf(text.data(), text.size(), "\"%llx-%llx\"", ticks,
                                      static_cast<unsigned long long>(size));
    etag.assign(text.data(), static_cast<std::size_t>(written));
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
