#pragma once

#include <system_error>

namespace ringlet::daemon {

/// What is wrong with a client that had to come with a header of the PROXY protocol. An error
/// equals std::errc::permission_denied where the client may not send a header,
/// std::errc::connection_reset where it has gone in the middle of it, and std::errc::protocol_error
/// otherwise.
enum class proxy_errc {
    /// The client is of no network that the server trusts.
    untrusted = 1,
    /// The client ended the connection before its header was whole, or its datagram is too short.
    cut_off,
    /// What came is no header of the PROXY protocol.
    no_header,
    /// Version 1: the protocol is none of TCP4, TCP6 and UNKNOWN.
    unknown_protocol,
    /// Version 1: an address is none of the protocol that was named.
    bad_address,
    /// Version 1: a port is no number of 0 to 65535.
    bad_port,
    /// Version 1: the line has no end where it has to end.
    endless_line,
    /// The version is neither 1 nor 2.
    unknown_version,
    /// Version 2: the command is neither LOCAL nor PROXY.
    unknown_command,
    /// Version 2: there is no such address family or transport.
    unknown_family,
    /// Version 2: the header is longer than proxy_options::header_bytes_max.
    too_long,
    /// Version 2: the header is too short for its addresses.
    too_short,
    /// Version 2: a TLV is longer than the rest of the header, or than its type may be.
    bad_tlv,
    /// Version 2: there are more TLVs than proxy_options::tlvs_max.
    too_many_tlvs,
    /// Version 2: the checksum is wrong.
    bad_checksum,
};

/// The category of the errors of proxy_errc; its name is "proxy".
[[nodiscard]] const std::error_category& proxy_category() noexcept;

/// An error of proxy_errc as a std::error_code, so that the two can be compared.
[[nodiscard]] std::error_code make_error_code(proxy_errc error) noexcept;

}  // namespace ringlet::daemon

template <>
struct std::is_error_code_enum<ringlet::daemon::proxy_errc> : std::true_type {};
