#pragma once

#include <ringlet/daemon/proxy_header.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace ringlet::daemon::detail {

/// Reads a header of version 1, a line of text, byte by byte. PROXY protocol, 2.1:
///
///     PROXY TCP4 192.0.2.1 192.0.2.2 49152 443\r\n
class proxy_line {
public:
    /// The most bytes that a line has, its end included.
    static constexpr std::size_t size_max = 107;

    /// Takes the next byte, and fills in what the line says. Yields what is wrong with the byte,
    /// which is the last one then, or no error.
    std::error_code take(char next, proxy_header& header);

    /// How many more bytes the line has at least; 0 for a whole one.
    [[nodiscard]] std::size_t wanted() const noexcept;

    [[nodiscard]] bool whole() const noexcept { return part_ == part::over; }

private:
    enum class part {
        prefix,
        protocol,
        source,
        destination,
        source_port,
        destination_port,
        ignored,  // what follows UNKNOWN
        line_end,
        over,
    };

    std::error_code take_in_part(char next, proxy_header& header);
    std::error_code take_prefix(char next);
    std::error_code take_protocol(char next);
    std::error_code take_address(char next, address& read, part following);
    std::error_code take_port(char next, address& read, char end, part following);
    void take_ignored(char next) noexcept;
    void go_on_to(part following) noexcept;
    [[nodiscard]] std::size_t rest_of(part from) const noexcept;
    [[nodiscard]] std::size_t left_of_address() const noexcept;

    part part_ = part::prefix;
    bool v6_ = false;
    std::size_t size_ = 0;
    std::string field_;  // what has come of the part
};

}  // namespace ringlet::daemon::detail
