#pragma once

#include <ringlet/loop/loop_times.hpp>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ringlet::daemon {

/// A number as metrics are told: whole, or with a fraction.
class metric_value {
public:
    template <class Number>
    requires std::is_arithmetic_v<Number> metric_value(Number number)  // NOLINT: meant to convert
        : text_(written(number)) {}

    [[nodiscard]] const std::string& text() const noexcept { return text_; }

private:
    template <class Number>
    static std::string written(Number number) {
        if constexpr (std::floating_point<Number>)
            return write(static_cast<double>(number));
        else
            return std::to_string(number);
    }

    static std::string write(double number);

    std::string text_;
};

/// Metrics as text, in the format of Prometheus (version 0.0.4). The samples of one metric stand
/// together, however they come:
///
///     text.counter("shop_orders_total", "Orders taken.", {{"region", "north"}}, orders);
///     text.gauge("shop_basket_bytes", "Memory of all baskets.", {}, bytes);
///
/// Each call throws std::invalid_argument for a name that Prometheus does not take, or that belongs
/// to another kind of metric already, and for the name of a counter that does not end in `_total`.
/// Names end in their unit, which is a base unit: `_seconds`, `_bytes`.
/// https://prometheus.io/docs/instrumenting/exposition_formats/
class metrics_text {
public:
    /// Names of labels, `le` excepted, and their values.
    using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

    /// A number that only grows.
    void counter(std::string_view name, std::string_view help, labels where, metric_value value);

    /// A number that grows and shrinks.
    void gauge(std::string_view name, std::string_view help, labels where, metric_value value);

    /// Times, in seconds: `name` ends in `_seconds`.
    void histogram(std::string_view name, std::string_view help, labels where,
                   const time_histogram& times);

    /// All that has been told. It is empty, or ends in a line feed.
    [[nodiscard]] std::string text() const;

private:
    struct family {
        std::string name;
        std::string type;
        std::string head;
        std::string samples;
    };

    family& family_of(std::string_view name, std::string_view type, std::string_view help);

    std::vector<family> families_;
};

}  // namespace ringlet::daemon
