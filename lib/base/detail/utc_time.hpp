#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string_view>

namespace ringlet::detail {

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

}  // namespace ringlet::detail
