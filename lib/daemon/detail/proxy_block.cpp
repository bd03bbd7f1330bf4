#include "daemon/detail/proxy_block.hpp"

#include "daemon/detail/crc32c.hpp"
#include "daemon/detail/network_order.hpp"
#include "daemon/detail/proxy_signature.hpp"
#include "daemon/detail/tlv_reader.hpp"

#include <ringlet/daemon/proxy_errc.hpp>

#include <algorithm>
#include <array>
#include <cstring>

namespace ringlet::daemon::detail {

namespace {

constexpr std::size_t version_at = 12;
constexpr std::size_t family_at = 13;
constexpr std::size_t length_at = 14;
constexpr unsigned low_half = 0x0f;
constexpr unsigned high_half = 0xf0;
constexpr std::size_t unique_id_max = 128;
constexpr std::size_t checksum_size = 4;
constexpr std::size_t tls_head_size = 5;

/// The size of an address without its port.
std::size_t host_size(unsigned family) noexcept {
    switch (family & high_half) {
    case proxy_over_inet:
        return sizeof(in_addr);
    case proxy_over_inet6:
        return sizeof(in6_addr);
    case proxy_over_unix:
        return proxy_path_size;
    default:
        return 0;
    }
}

bool is_family(unsigned family) noexcept {
    const unsigned transport = family & low_half;
    return family == proxy_unspecified ||
           (host_size(family) > 0 && (transport == proxy_stream || transport == proxy_datagram));
}

address ip_address(std::string_view host, std::string_view port) {
    return address::from_bytes(host, network_u16(port));
}

/// The address of a Unix socket in the file system, in the abstract namespace, or of none.
address unix_address(std::string_view path) {
    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    std::ranges::copy(path, native.sun_path);
    const std::size_t used = path.front() == '\0' ? path.find_last_not_of('\0') + 1
                                                  : std::min(path.find('\0'), path.size() - 1) + 1;
    return address::from(reinterpret_cast<const sockaddr*>(&native),
                         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + used));
}

/// Whether all of a TLV's TLVs are whole.
bool tlvs_whole(std::string_view bytes) noexcept {
    tlv_reader reader(bytes);
    while (reader.next()) {
    }
    return reader.at_end();
}

}  // namespace

std::size_t proxy_block::take(std::string_view bytes, proxy_header& header,
                              std::error_code& error) {
    std::size_t taken = 0;
    while (taken < bytes.size() && !error && !whole()) {
        if (bytes_.size() < head_size) {
            error = check_head(bytes[taken]);
            bytes_ += bytes[taken++];
        } else {
            const std::string_view rest = bytes.substr(taken, wanted());
            bytes_ += rest;
            taken += rest.size();
        }
    }
    if (!error && whole()) {
        header.local = local();
        if (!header.local) {
            read_addresses(header);
            error = read_tlvs(header);
        }
    }
    return taken;
}

std::size_t proxy_block::wanted() const noexcept {
    if (bytes_.size() >= head_size)
        return head_size + length() - bytes_.size();
    // A length that is too short for the addresses is an error, so that there are these at least.
    const std::size_t block = bytes_.size() > family_at && !local() ? addresses_size() : 0;
    return head_size - bytes_.size() + block;
}

/// What is wrong with the next byte of the first 16.
std::error_code proxy_block::check_head(char next) const {
    const std::size_t at = bytes_.size();
    const auto byte = static_cast<std::uint8_t>(next);
    if (at < proxy_signature.size())
        return next == proxy_signature[at] ? std::error_code() : proxy_errc::no_header;
    if (at == version_at) {
        if (byte >> 4U != proxy_version_2)
            return proxy_errc::unknown_version;
        if ((byte & low_half) > proxy_proxy)
            return proxy_errc::unknown_command;
    }
    if (at == family_at && !local() && !is_family(byte))
        return proxy_errc::unknown_family;
    if (at == head_size - 1) {
        const std::size_t size =
            std::size_t{static_cast<std::uint8_t>(bytes_[length_at])} << 8U | byte;
        if (size + head_size > limits_.header_bytes_max)
            return proxy_errc::too_long;
        if (!local() && size < addresses_size())
            return proxy_errc::too_short;
    }
    return {};
}

std::size_t proxy_block::length() const noexcept {
    return network_u16(std::string_view(bytes_).substr(length_at));
}

bool proxy_block::local() const noexcept {
    return (static_cast<std::uint8_t>(bytes_[version_at]) & low_half) == proxy_local;
}

std::size_t proxy_block::addresses_size() const noexcept {
    const auto family = static_cast<std::uint8_t>(bytes_[family_at]);
    const bool has_ports = (family & high_half) != proxy_over_unix && family != proxy_unspecified;
    return 2 * (host_size(family) + (has_ports ? sizeof(in_port_t) : 0));
}

void proxy_block::read_addresses(proxy_header& header) const {
    const auto family = static_cast<std::uint8_t>(bytes_[family_at]);
    if (family == proxy_unspecified)
        return;
    header.datagrams = (family & low_half) == proxy_datagram;
    const std::size_t size = host_size(family);
    const std::string_view block = std::string_view(bytes_).substr(head_size);
    const std::string_view source = block.substr(0, size);
    const std::string_view destination = block.substr(size, size);
    if ((family & high_half) == proxy_over_unix) {
        header.source = unix_address(source);
        header.destination = unix_address(destination);
        return;
    }
    const std::string_view ports = block.substr(2 * size);
    header.source = ip_address(source, ports);
    header.destination = ip_address(destination, ports.substr(sizeof(in_port_t)));
}

std::error_code proxy_block::read_tlvs(proxy_header& header) const {
    tlv_reader reader(std::string_view(bytes_).substr(head_size + addresses_size()));
    while (reader.next()) {
        if (reader.type() == proxy_tlv::noop)
            continue;
        if (header.tlvs.size() == limits_.tlvs_max)
            return proxy_errc::too_many_tlvs;
        if (reader.type() == proxy_tlv::crc32c && header.find(proxy_tlv::crc32c))
            return proxy_errc::bad_tlv;
        header.tlvs.push_back({.type = reader.type(), .value = std::string(reader.value())});
        if (const std::error_code fault = check_tlv(header.tlvs.back(), reader.value()))
            return fault;
    }
    return reader.at_end() ? std::error_code() : proxy_errc::bad_tlv;
}

/// What is wrong with a TLV, whose value is `at` in the header.
std::error_code proxy_block::check_tlv(const proxy_tlv& tlv, std::string_view at) const {
    switch (tlv.type) {
    case proxy_tlv::crc32c: {
        if (at.size() != checksum_size)
            return proxy_errc::bad_tlv;
        constexpr std::array<char, checksum_size> zeros{};
        const std::string_view all(bytes_);
        const auto before = static_cast<std::size_t>(at.data() - all.data());
        std::uint32_t sum = crc32c(all.substr(0, before));
        sum = crc32c({zeros.data(), zeros.size()}, sum);
        sum = crc32c(all.substr(before + checksum_size), sum);
        return sum == network_u32(at) ? std::error_code() : proxy_errc::bad_checksum;
    }
    case proxy_tlv::unique_id:
        return at.size() <= unique_id_max ? std::error_code() : proxy_errc::bad_tlv;
    case proxy_tlv::tls:
        return at.size() >= tls_head_size && tlvs_whole(at.substr(tls_head_size))
                   ? std::error_code()
                   : proxy_errc::bad_tlv;
    default:
        return {};
    }
}

}  // namespace ringlet::daemon::detail
