#pragma once

#include <ringlet/base/detail/write_number.hpp>

#include <chrono>
#include <concepts>
#include <exception>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace ringlet {

class log_value;

namespace detail {

template <class T>
concept has_to_string = requires(const T& described) {
    std::string(described.to_string());
};

template <class T>
concept has_free_to_string = requires(const T& described) {
    std::string(to_string(described));
};

template <class T>
concept log_text = std::convertible_to<const T&, std::string_view>;

/// An object that says by itself how it reads: an address, an exit_status, a log_level.
template <class T>
concept log_object =
    !log_text<T> && !std::derived_from<T, log_value> && (has_to_string<T> || has_free_to_string<T>);

template <log_object T>
std::string text_of(const T& described) {
    if constexpr (has_to_string<T>)
        return std::string(described.to_string());
    else
        return std::string(to_string(described));
}

/// The name of a duration's unit; empty for a unit that has none.
template <class Period>
constexpr const char* unit_name() noexcept {
    if constexpr (std::ratio_equal_v<Period, std::nano>)
        return "ns";
    else if constexpr (std::ratio_equal_v<Period, std::micro>)
        return "us";
    else if constexpr (std::ratio_equal_v<Period, std::milli>)
        return "ms";
    else if constexpr (std::ratio_equal_v<Period, std::ratio<1>>)
        return "s";
    else if constexpr (std::ratio_equal_v<Period, std::ratio<60>>)
        return "min";
    else if constexpr (std::ratio_equal_v<Period, std::ratio<3600>>)
        return "h";
    else
        return "";
}

}  // namespace detail

/// The value of a log_field: text, a number, a truth, a duration, an error, or any object that has
/// `to_string`, such as an address. It becomes text only when a log writes it, so that a report
/// which is left out costs no more than the value itself.
///
///     log(log_level::info, "connected", {{"peer", client}, {"after", 15ms}, {"attempts", 2}});
///
/// Lifetime: text and objects are referred to, and must last as long as the value; everything else
/// is copied.
class log_value {
public:
    /// Text, as it is.
    template <detail::log_text Text>
    log_value(const Text& text) noexcept  // NOLINT: meant to convert
        : text_(text), write_(write_text) {}

    /// `true` or `false`.
    template <std::same_as<bool> Bool>
    log_value(Bool truth) noexcept  // NOLINT: meant to convert
        : log_value(std::string_view(truth ? "true" : "false")) {}

    /// A number in digits, the shortest form that reads back as the same number.
    template <detail::number_type Number>
    log_value(Number number) noexcept  // NOLINT: meant to convert
        : log_value(number, "") {}

    /// A duration as its count and its unit: `250ms`, `1.5s`.
    template <class Rep, class Period>
    log_value(std::chrono::duration<Rep, Period> duration) noexcept  // NOLINT: meant to convert
        : log_value(of_duration(duration)) {}

    /// The message of an error code.
    log_value(std::error_code error) noexcept  // NOLINT: meant to convert
        : error_(error), write_(write_error) {}

    /// The text of an exception, which is its `what()`.
    log_value(const std::exception_ptr& exception) noexcept  // NOLINT: meant to convert
        : object_(&exception), write_(write_exception) {}

    /// The text that `object.to_string()` gives, or else `to_string(object)`.
    template <detail::log_object Object>
    log_value(const Object& object) noexcept  // NOLINT: meant to convert
        : object_(&object), write_(write_object<Object>) {}

    /// Calls `take` once with the value as text, which lasts during the call. Throws what making
    /// the text throws: std::bad_alloc, for one.
    template <std::invocable<std::string_view> Take>
    void with_text(const Take& take) const {
        write_(*this, {&take, [](const void* taker, std::string_view text) {
                           (*static_cast<const Take*>(taker))(text);
                       }});
    }

    /// The value as text.
    [[nodiscard]] std::string to_string() const {
        std::string text;
        with_text([&text](std::string_view whole) { text = whole; });
        return text;
    }

private:
    struct text_taker {
        const void* taker;
        void (*take)(const void* taker, std::string_view text);

        void operator()(std::string_view text) const { take(taker, text); }
    };

    template <std::floating_point Number>
    log_value(Number number, const char* unit) noexcept
        : floating_(static_cast<double>(number)), unit_(unit), write_(write_floating) {}

    template <std::signed_integral Number>
    log_value(Number number, const char* unit) noexcept
        : signed_(number), unit_(unit), write_(write_signed) {}

    template <std::unsigned_integral Number>
    log_value(Number number, const char* unit) noexcept
        : unsigned_(number), unit_(unit), write_(write_unsigned) {}

    template <class Rep, class Period>
    static log_value of_duration(std::chrono::duration<Rep, Period> duration) noexcept {
        constexpr const char* unit = detail::unit_name<typename Period::type>();
        if constexpr (*unit != '\0')
            return {duration.count(), unit};
        else
            return {std::chrono::duration<double>(duration).count(), "s"};
    }

    static void write_text(const log_value& value, const text_taker& take);
    static void write_signed(const log_value& value, const text_taker& take);
    static void write_unsigned(const log_value& value, const text_taker& take);
    static void write_floating(const log_value& value, const text_taker& take);
    static void write_error(const log_value& value, const text_taker& take);
    static void write_exception(const log_value& value, const text_taker& take);

    template <class Object>
    static void write_object(const log_value& value, const text_taker& take) {
        take(detail::text_of(*static_cast<const Object*>(value.object_)));
    }

    union {
        std::string_view text_;
        long long signed_;
        unsigned long long unsigned_;
        double floating_;
        std::error_code error_;
        const void* object_;
    };
    const char* unit_ = "";
    void (*write_)(const log_value& value, const text_taker& take);
};

}  // namespace ringlet
