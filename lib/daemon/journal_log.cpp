#include "base/detail/standard_descriptors.hpp"

#include <ringlet/daemon/journal_log.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <string_view>
#include <system_error>

namespace ringlet::daemon {

namespace {

constexpr std::size_t value_size_max = 16 << 10;
constexpr std::size_t field_name_size_max = 64;  // what journald takes

int priority_of(log_level level) noexcept {
    switch (level) {
    case log_level::debug:
        return 7;
    case log_level::info:
        return 6;
    case log_level::warning:
        return 4;
    default:
        return 3;
    }
}

/// A field's name as the journal takes it: A to Z, digits and underscores, and neither a digit nor
/// an underscore first, since the journal's own begin so.
std::string journal_name(std::string_view name) {
    std::string taken;
    for (const char c : name.substr(0, field_name_size_max)) {
        const bool is_lower = c >= 'a' && c <= 'z';
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_digit = c >= '0' && c <= '9';
        if (taken.empty() && !is_lower && !is_upper)
            continue;
        taken += is_lower ? static_cast<char>(c - 'a' + 'A') : is_upper || is_digit ? c : '_';
    }
    return taken.empty() ? "FIELD" : taken;
}

/// Appends a field in the journal's own form: a value with a line end has its size before it, in 8
/// bytes, the lowest first (systemd.io/JOURNAL_NATIVE_PROTOCOL).
void append_field(std::string& to, std::string_view name, std::string_view value) {
    value = value.substr(0, value_size_max);
    to.append(name);
    if (value.find('\n') == std::string_view::npos) {
        to.append("=");
    } else {
        to.append("\n");
        for (unsigned shift = 0; shift < 64; shift += 8)
            to.push_back(static_cast<char>(std::uint64_t{value.size()} >> shift & 0xffU));
    }
    to.append(value).append("\n");
}

int open_socket() {
    const int fd = ringlet::detail::above_standard(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (fd < 0)
        throw std::system_error(errno, std::system_category(), "journal_log: socket");
    return fd;
}

}  // namespace

journal_log::journal_log(const journal_log_options& options)
    : least_(options.least),
      identifier_(options.identifier.empty() ? ::program_invocation_short_name
                                             : options.identifier),
      journal_(address::unix_path(options.socket)), fd_(open_socket()) {
    if (::connect(fd_, journal_.data(), journal_.size()) == 0)
        return;
    const std::error_code refused(errno, std::system_category());
    ::close(fd_);
    throw std::system_error(refused, "journal_log: no journal is at " + options.socket);
}

journal_log::~journal_log() {
    ::close(fd_);
}

// Sent to the address each time, since a journal that was started anew has another socket there.
void journal_log::write(const log_record& record) {
    if (record.level < least_)
        return;
    const std::uint64_t lost = unreported_.exchange(0);
    std::string text;
    append_field(text, "MESSAGE", record.message);
    append_field(text, "PRIORITY", std::to_string(priority_of(record.level)));
    append_field(text, "SYSLOG_IDENTIFIER", identifier_);
    if (record.suppressed > 0)
        append_field(text, "SUPPRESSED", std::to_string(record.suppressed));
    if (lost > 0)
        append_field(text, "LOST", std::to_string(lost));
    for (const log_field& field : record.fields)
        field.value.with_text(
            [&](std::string_view value) { append_field(text, journal_name(field.name), value); });
    if (::sendto(fd_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL, journal_.data(),
                 journal_.size()) >= 0)
        return;
    ++lost_;
    unreported_ += lost + 1;
}

}  // namespace ringlet::daemon
