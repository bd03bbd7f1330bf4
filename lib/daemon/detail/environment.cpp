#include "environment.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <system_error>

namespace ringlet::daemon::detail {

std::optional<std::string> variable(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr)
        return std::nullopt;
    return value;
}

std::optional<std::string> take_variable(const char* name) {
    std::optional<std::string> value = variable(name);
    ::unsetenv(name);
    return value;
}

std::optional<std::uint64_t> number_in(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

bool names_this_process(const char* name, const std::string& text) {
    const std::optional<std::uint64_t> pid = number_in(text);
    if (!pid)
        refuse_variable(name, text, "that is no process id");
    return *pid == static_cast<std::uint64_t>(::getpid());
}

void refuse_variable(const char* name, const std::string& value, const std::string& why) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                            std::string(name) + " is \"" + value + "\", but " + why);
}

}  // namespace ringlet::daemon::detail
