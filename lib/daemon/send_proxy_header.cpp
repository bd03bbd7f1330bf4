#include "daemon/detail/append_tlv.hpp"
#include "daemon/detail/crc32c.hpp"
#include "daemon/detail/host_bytes.hpp"
#include "daemon/detail/network_order.hpp"
#include "daemon/detail/proxy_signature.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/send_proxy_header.hpp>
#include <ringlet/net/stream.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace ringlet::daemon {

namespace {

using detail::append_u16;

constexpr std::size_t v4_size = 4;
constexpr std::string_view unknown_line = "PROXY UNKNOWN\r\n";

/// The bytes of the hosts of source and destination, of one family; none where they have none.
struct host_pair {
    std::string source;
    std::string destination;

    explicit host_pair(const proxy_header& header)
        : source(bytes_of(header.source)), destination(bytes_of(header.destination)) {
        if (source.empty() || destination.empty() || header.local)
            source.clear();
        else if (source.size() != destination.size())
            for (std::string* const host : {&source, &destination})
                if (host->size() == v4_size)
                    host->insert(0, reinterpret_cast<const char*>(detail::v4_mapped.data()),
                                 detail::v4_mapped.size());
    }

    [[nodiscard]] bool known() const noexcept { return !source.empty(); }
    [[nodiscard]] bool v4() const noexcept { return source.size() == v4_size; }

private:
    static std::string bytes_of(const address& host) {
        const auto bytes = detail::host_bytes(host);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
};

/// An IP address as text in the form of version 1, which has no dots in an IPv6 address.
std::string text_of(std::string_view host) {
    const int family = host.size() == v4_size ? AF_INET : AF_INET6;
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    std::string text = ::inet_ntop(family, host.data(), buffer.data(), buffer.size());
    if (family == AF_INET || text.find('.') == std::string::npos)
        return text;
    text.clear();
    for (std::size_t at = 0; at < host.size(); at += 2) {
        const unsigned group = detail::network_u16(host.substr(at));
        const int size =
            std::snprintf(buffer.data(), buffer.size(), "%s%x", at == 0 ? "" : ":", group);
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return text;
}

std::string line_of(const proxy_header& header) {
    const host_pair hosts(header);
    if (!hosts.known() || header.datagrams)
        return std::string(unknown_line);
    return (hosts.v4() ? "PROXY TCP4 " : "PROXY TCP6 ") + text_of(hosts.source) + " " +
           text_of(hosts.destination) + " " + std::to_string(header.source.port()) + " " +
           std::to_string(header.destination.port()) + "\r\n";
}

/// The path of a Unix socket as version 2 has it: padded, and with a NUL before an abstract name.
std::string padded_path(const address& path) {
    std::string bytes(reinterpret_cast<const char*>(path.data()), path.size());
    bytes.erase(0, offsetof(sockaddr_un, sun_path));
    bytes.resize(detail::proxy_path_size);
    return bytes;
}

/// What follows the length in a header without TLVs; and the byte of the family.
std::string addresses_of(const proxy_header& header, std::uint8_t& family) {
    const std::uint8_t transport = header.datagrams ? detail::proxy_datagram : detail::proxy_stream;
    const host_pair hosts(header);
    std::string bytes;
    if (hosts.known()) {
        family = (hosts.v4() ? detail::proxy_over_inet : detail::proxy_over_inet6) | transport;
        bytes = hosts.source + hosts.destination;
        append_u16(bytes, header.source.port());
        append_u16(bytes, header.destination.port());
    } else if (!header.local && header.source.family() == AF_UNIX &&
               header.destination.family() == AF_UNIX) {
        family = detail::proxy_over_unix | transport;
        bytes = padded_path(header.source) + padded_path(header.destination);
    }
    return bytes;
}

/// The TLVs, with zeros in the checksum's place; and where among them that is, if there is one.
std::string tlvs_of(const proxy_header& header, std::optional<std::size_t>& checksum_at) {
    constexpr std::array<char, sizeof(std::uint32_t)> zeros{};
    std::string bytes;
    for (const auto& [type, value] : header.tlvs) {
        if (type != proxy_tlv::crc32c) {
            detail::append_tlv(bytes, type, value);
        } else if (!checksum_at) {
            detail::append_tlv(bytes, type, {zeros.data(), zeros.size()});
            checksum_at = bytes.size() - zeros.size();
        }
    }
    return bytes;
}

std::string block_of(const proxy_header& header) {
    std::uint8_t family = detail::proxy_unspecified;
    const std::string addresses = addresses_of(header, family);
    std::optional<std::size_t> checksum_at;
    const std::string tlvs = tlvs_of(header, checksum_at);
    const std::size_t size = addresses.size() + tlvs.size();
    if (size > UINT16_MAX)
        throw std::length_error(
            "a PROXY header: addresses and TLVs have at most 65535 bytes, not " +
            std::to_string(size));
    std::string bytes(detail::proxy_signature);
    bytes += static_cast<char>(detail::proxy_version_2 << 4U |
                               (header.local ? detail::proxy_local : detail::proxy_proxy));
    bytes += static_cast<char>(family);
    append_u16(bytes, static_cast<std::uint16_t>(size));
    bytes += addresses;
    const std::size_t tlvs_at = bytes.size();
    bytes += tlvs;
    if (checksum_at) {
        std::string sum;
        detail::append_u32(sum, detail::crc32c(bytes));
        bytes.replace(tlvs_at + *checksum_at, sum.size(), sum);
    }
    return bytes;
}

task<> send_bytes(stream& to, std::string bytes, error_sink error) {
    co_await to.send_all(bytes, error);
}

}  // namespace

std::string proxy_bytes(const proxy_header& header) {
    return header.version == proxy_version::v1 ? line_of(header) : block_of(header);
}

task<> send_proxy_header(stream& to, const proxy_header& header, error_sink error) {
    return send_bytes(to, proxy_bytes(header), error);
}

proxy_header proxy_header_of(const stream& client, const address& from) {
    proxy_header made;
    made.source = from;
    const proxy_header* const before = proxied(client);
    made.destination =
        before != nullptr && before->has_addresses() ? before->destination : client.local_address();
    return made;
}

}  // namespace ringlet::daemon
