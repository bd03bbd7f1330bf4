#include <ringlet/daemon/metrics_text.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace ringlet::daemon {

namespace {

bool is_letter(char character) noexcept {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           character == '_';
}

bool is_digit(char character) noexcept {
    return character >= '0' && character <= '9';
}

/// Whether Prometheus takes this as the name of a metric, or of a label, which has no colons.
bool is_name(std::string_view name, bool colons) noexcept {
    return !name.empty() && !is_digit(name.front()) &&
           std::ranges::all_of(name, [colons](char character) {
               return is_letter(character) || is_digit(character) || (colons && character == ':');
           });
}

void require(bool good, std::string_view name, const char* why) {
    if (!good)
        throw std::invalid_argument("the metric \"" + std::string(name) + "\" " + why);
}

std::string escaped(std::string_view text, bool quotes) {
    std::string result;
    for (const char character : text) {
        if (character == '\\' || (quotes && character == '"'))
            result += '\\';
        if (character == '\n')
            result += "\\n";
        else
            result += character;
    }
    return result;
}

/// The labels of a sample, between braces where there are any; `le` of a bucket is the last.
std::string between_braces(std::string_view name, metrics_text::labels where,
                           const std::string& le = {}) {
    std::string result;
    const auto add = [&](std::string_view label, std::string_view value) {
        result += result.empty() ? '{' : ',';
        result.append(label).append("=\"").append(escaped(value, true)) += '"';
    };
    for (const auto& [label, value] : where) {
        require(is_name(label, false) && label != "le", name,
                "has a label with a name that "
                "Prometheus does not take");
        add(label, value);
    }
    if (!le.empty())
        add("le", le);
    if (!result.empty())
        result += '}';
    return result;
}

std::string in_seconds(std::chrono::nanoseconds time) {
    return metric_value(std::chrono::duration<double>(time).count()).text();
}

}  // namespace

std::string metric_value::write(double number) {
    if (std::isnan(number))
        return "NaN";
    if (std::isinf(number))
        return number < 0 ? "-Inf" : "+Inf";
    std::array<char, 32> digits{};
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    return {digits.data(), written.ptr};
}

void metrics_text::counter(std::string_view name, std::string_view help, labels where,
                           metric_value value) {
    require(name.ends_with("_total"), name, "is a counter, whose name has to end in _total");
    family& counted = family_of(name, "counter", help);
    counted.samples.append(name).append(between_braces(name, where)) += ' ';
    counted.samples.append(value.text()) += '\n';
}

void metrics_text::gauge(std::string_view name, std::string_view help, labels where,
                         metric_value value) {
    family& measured = family_of(name, "gauge", help);
    measured.samples.append(name).append(between_braces(name, where)) += ' ';
    measured.samples.append(value.text()) += '\n';
}

void metrics_text::histogram(std::string_view name, std::string_view help, labels where,
                             const time_histogram& times) {
    require(name.ends_with("_seconds"), name, "is of times, whose name has to end in _seconds");
    std::string& samples = family_of(name, "histogram", help).samples;
    std::uint64_t up_to = 0;
    for (std::size_t range = 0; range < times.counts.size(); ++range) {
        up_to += times.counts[range];
        const bool last = range == times.bounds.size();
        const std::string le = last ? "+Inf" : in_seconds(times.bounds[range]);
        samples.append(name).append("_bucket").append(between_braces(name, where, le)) += ' ';
        samples.append(std::to_string(up_to)) += '\n';
    }
    const std::string braces = between_braces(name, where);
    samples.append(name).append("_sum").append(braces) += ' ';
    samples.append(in_seconds(times.sum)) += '\n';
    samples.append(name).append("_count").append(braces) += ' ';
    samples.append(std::to_string(up_to)) += '\n';
}

std::string metrics_text::text() const {
    std::string all;
    for (const family& one : families_)
        all.append(one.head).append(one.samples);
    return all;
}

metrics_text::family& metrics_text::family_of(std::string_view name, std::string_view type,
                                              std::string_view help) {
    const auto known = std::ranges::find(families_, name, &family::name);
    if (known != families_.end()) {
        require(known->type == type, name, "is of another kind already");
        return *known;
    }
    require(is_name(name, true), name, "has a name that Prometheus does not take");
    const std::string named(name);
    const std::string kind(type);
    return families_.emplace_back(family{named,
                                         kind,
                                         "# HELP " + named + ' ' + escaped(help, false) +
                                             "\n# TYPE " + named + ' ' + kind + '\n',
                                         {}});
}

}  // namespace ringlet::daemon
