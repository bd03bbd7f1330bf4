#include "daemon/detail/proxy_line.hpp"

#include <ringlet/daemon/proxy_errc.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace ringlet::daemon::detail {

namespace {

constexpr std::string_view prefix = "PROXY ";
constexpr std::string_view tcp4 = "TCP4";
constexpr std::string_view tcp6 = "TCP6";
constexpr std::string_view unknown = "UNKNOWN";
constexpr std::size_t shortest_v4 = std::string_view("0.0.0.0").size();
constexpr std::size_t shortest_v6 = std::string_view("::").size();
constexpr std::size_t longest_v4 = std::string_view("255.255.255.255").size();
constexpr std::size_t longest_v6 = 39;
constexpr std::size_t longest_port = 5;
constexpr std::size_t end_size = 2;

bool belongs_to_address(char next, bool v6) noexcept {
    const bool digit = next >= '0' && next <= '9';
    if (!v6)
        return digit || next == '.';
    return digit || next == ':' || (next >= 'a' && next <= 'f') || (next >= 'A' && next <= 'F');
}

/// The number that a port's text is; nothing for a text that is none, such as one with a leading 0.
std::optional<int> port_of(std::string_view text) noexcept {
    int port = 0;
    const char* const end = text.data() + text.size();
    if (text.empty() || (text.size() > 1 && text.front() == '0') ||
        std::from_chars(text.data(), end, port).ptr != end || port < 0 || port > UINT16_MAX)
        return std::nullopt;
    return port;
}

/// The address `known` with a port.
address with_port(const address& known, int port) {
    return address::from_bytes(known.bytes(), port);
}

}  // namespace

std::error_code proxy_line::take(char next, proxy_header& header) {
    ++size_;
    const std::error_code fault = take_in_part(next, header);
    if (!fault && size_ + wanted() > size_max)
        return proxy_errc::endless_line;
    return fault;
}

std::error_code proxy_line::take_in_part(char next, proxy_header& header) {
    switch (part_) {
    case part::prefix:
        return take_prefix(next);
    case part::protocol:
        return take_protocol(next);
    case part::source:
        return take_address(next, header.source, part::destination);
    case part::destination:
        return take_address(next, header.destination, part::source_port);
    case part::source_port:
        return take_port(next, header.source, ' ', part::destination_port);
    case part::destination_port:
        return take_port(next, header.destination, '\r', part::line_end);
    case part::ignored:
        take_ignored(next);
        return {};
    case part::line_end:
        if (next == '\n')
            go_on_to(part::over);
        return next == '\n' ? std::error_code() : proxy_errc::endless_line;
    case part::over:
        break;
    }
    return proxy_errc::endless_line;
}

std::error_code proxy_line::take_prefix(char next) {
    if (next != prefix[field_.size()])
        return proxy_errc::no_header;
    field_ += next;
    if (field_.size() == prefix.size())
        go_on_to(part::protocol);
    return {};
}

std::error_code proxy_line::take_protocol(char next) {
    if (field_ == unknown && next == '\r')
        go_on_to(part::line_end);
    else if (field_ == unknown && next == ' ')
        go_on_to(part::ignored);
    else if ((field_ == tcp4 || field_ == tcp6) && next == ' ') {
        v6_ = field_ == tcp6;
        go_on_to(part::source);
    } else {
        field_ += next;
        if (!tcp4.starts_with(field_) && !tcp6.starts_with(field_) && !unknown.starts_with(field_))
            return proxy_errc::unknown_protocol;
    }
    return {};
}

std::error_code proxy_line::take_address(char next, address& read, part following) {
    if (next != ' ') {
        if (!belongs_to_address(next, v6_) || field_.size() == (v6_ ? longest_v6 : longest_v4))
            return proxy_errc::bad_address;
        field_ += next;
        return {};
    }
    try {
        const std::optional<address> known = address::literal(field_, 0);
        if (field_.empty() || !known || known->family() != (v6_ ? AF_INET6 : AF_INET))
            return proxy_errc::bad_address;
        read = *known;
    } catch (const std::invalid_argument&) {
        return proxy_errc::bad_address;
    }
    go_on_to(following);
    return {};
}

std::error_code proxy_line::take_port(char next, address& read, char end, part following) {
    if (next != end) {
        if (next < '0' || next > '9' || field_.size() == longest_port)
            return proxy_errc::bad_port;
        field_ += next;
        return {};
    }
    const std::optional<int> port = port_of(field_);
    if (!port)
        return proxy_errc::bad_port;
    read = with_port(read, *port);
    go_on_to(following);
    return {};
}

// The line ends with the first "\r\n". Any other byte is ignored, a "\r" among them.
void proxy_line::take_ignored(char next) noexcept {
    if (next == '\n' && field_ == "\r")
        return go_on_to(part::over);
    field_.clear();
    if (next == '\r')
        field_ = next;
}

void proxy_line::go_on_to(part following) noexcept {
    part_ = following;
    field_.clear();
}

/// How many bytes a line has at least from the beginning of a part on.
std::size_t proxy_line::rest_of(part from) const noexcept {
    const std::size_t of_address = 1 + (v6_ ? shortest_v6 : shortest_v4);
    switch (from) {
    case part::prefix:
        return prefix.size() + rest_of(part::protocol);
    case part::protocol:
        return unknown.size() + end_size;
    case part::source:
        return of_address + rest_of(part::destination);
    case part::destination:
        return of_address + rest_of(part::source_port);
    case part::source_port:
        return 2 + rest_of(part::destination_port);
    case part::destination_port:
        return 1 + end_size;
    case part::ignored:
        return end_size;
    case part::line_end:
        return 1;
    case part::over:
        break;
    }
    return 0;
}

/// How many bytes the address has at least, behind those that have come.
std::size_t proxy_line::left_of_address() const noexcept {
    if (v6_)
        return shortest_v6 - std::min(shortest_v6, field_.size());
    constexpr std::size_t dots = 3;
    const auto came = std::min(dots, static_cast<std::size_t>(std::ranges::count(field_, '.')));
    const std::size_t digit = field_.empty() || field_.back() == '.' ? 1 : 0;
    return digit + 2 * (dots - came);
}

std::size_t proxy_line::wanted() const noexcept {
    const std::size_t here = field_.size();
    switch (part_) {
    case part::prefix:
        return prefix.size() - here + rest_of(part::protocol);
    case part::protocol:
        if (field_.starts_with('T'))  // as short as TCP6 can be
            return tcp6.size() - here + 1 + 2 * (shortest_v6 + 1) + rest_of(part::source_port);
        return unknown.size() - here + end_size;
    case part::source:
        return left_of_address() + 1 + rest_of(part::destination);
    case part::destination:
        return left_of_address() + 1 + rest_of(part::source_port);
    case part::source_port:
        return (here == 0 ? 1 : 0) + 1 + rest_of(part::destination_port);
    case part::destination_port:
        return (here == 0 ? 1 : 0) + end_size;
    case part::ignored:
        return end_size - here;
    case part::line_end:
    case part::over:
        break;
    }
    return rest_of(part_);
}

}  // namespace ringlet::daemon::detail
