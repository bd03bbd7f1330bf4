#include "capture.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace ringlet::testing::detail {

namespace {

constexpr std::uint32_t pcap_magic = 0xa1b23c4d;  // times in nanoseconds
constexpr std::uint32_t snapshot_length = 262'144;
constexpr std::uint32_t raw_ip = 101;  // LINKTYPE_RAW
constexpr std::size_t payload_max = 65'000;
constexpr std::uint8_t hop_limit = 64;
constexpr std::size_t v4_bytes_at = 12;  // of an IPv4 address that is mapped into an IPv6 one

template <class Number>
void append_native(std::vector<std::byte>& to, Number number) {
    const auto* const first = reinterpret_cast<const std::byte*>(&number);
    to.insert(to.end(), first, first + sizeof(number));
}

template <class Number>
void append_big_endian(std::vector<std::byte>& to, Number number) {
    for (std::size_t left = sizeof(number); left > 0; --left)
        to.push_back(static_cast<std::byte>(number >> (8 * (left - 1)) & 0xffU));
}

std::span<const std::uint8_t> ip_of(const socket_name& name, bool v4) {
    return v4 ? std::span(name.ip).subspan(v4_bytes_at) : std::span(name.ip);
}

void append_ip(std::vector<std::byte>& to, const socket_name& name, bool v4) {
    for (const std::uint8_t byte : ip_of(name, v4))
        to.push_back(std::byte{byte});
}

// RFC 1071.
std::uint16_t checksum(std::span<const std::byte> summed) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < summed.size(); ++i)
        sum += std::to_integer<std::uint64_t>(summed[i]) << (i % 2 == 0 ? 8U : 0U);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

void store(std::vector<std::byte>& in, std::size_t at, std::uint16_t number) {
    in[at] = static_cast<std::byte>(number >> 8U);
    in[at + 1] = static_cast<std::byte>(number & 0xffU);
}

}  // namespace

capture::capture(const std::string& path) : file_(path, std::ios::binary | std::ios::trunc) {
    if (!file_)
        throw std::system_error(errno, std::system_category(), "cannot write " + path);
    bytes header;
    append_native(header, pcap_magic);
    append_native(header, std::uint16_t{2});
    append_native(header, std::uint16_t{4});
    append_native(header, std::uint64_t{0});
    append_native(header, snapshot_length);
    append_native(header, raw_ip);
    file_.write(reinterpret_cast<const char*>(header.data()),
                static_cast<std::streamsize>(header.size()));
}

void capture::packet(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
                     std::uint8_t protocol, bytes segment, std::size_t checksum_at) {
    const bool v4 = from.is_v4() && to.is_v4();
    bytes pseudo_header;
    append_ip(pseudo_header, from, v4);
    append_ip(pseudo_header, to, v4);
    append_big_endian(pseudo_header, std::uint32_t{protocol});
    append_big_endian(pseudo_header, static_cast<std::uint32_t>(segment.size()));
    pseudo_header.insert(pseudo_header.end(), segment.begin(), segment.end());
    store(segment, checksum_at, checksum(pseudo_header));
    bytes whole;
    if (v4) {
        constexpr std::size_t header_size = 20;
        append_big_endian(whole, std::uint16_t{0x4500});
        append_big_endian(whole, static_cast<std::uint16_t>(header_size + segment.size()));
        append_big_endian(whole, std::uint32_t{0x4000});  // not to be fragmented
        append_big_endian(whole, static_cast<std::uint16_t>(hop_limit << 8U | protocol));
        append_big_endian(whole, std::uint16_t{0});
        append_ip(whole, from, true);
        append_ip(whole, to, true);
        store(whole, 10, checksum(whole));
    } else {
        append_big_endian(whole, std::uint32_t{0x6000'0000});
        append_big_endian(whole, static_cast<std::uint16_t>(segment.size()));
        append_big_endian(whole, static_cast<std::uint16_t>(protocol << 8U | hop_limit));
        append_ip(whole, from, false);
        append_ip(whole, to, false);
    }
    whole.insert(whole.end(), segment.begin(), segment.end());
    bytes record;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(when);
    append_native(record, static_cast<std::uint32_t>(seconds.count()));
    append_native(record, static_cast<std::uint32_t>((when - seconds).count()));
    append_native(record, static_cast<std::uint32_t>(whole.size()));
    append_native(record, static_cast<std::uint32_t>(whole.size()));
    record.insert(record.end(), whole.begin(), whole.end());
    file_.write(reinterpret_cast<const char*>(record.data()),
                static_cast<std::streamsize>(record.size()));
}

void capture::tcp(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
                  position at, unsigned flags, std::span<const std::byte> payload) {
    do {
        const auto part = payload.first(std::min(payload.size(), payload_max));
        bytes segment;
        append_big_endian(segment, from.port);
        append_big_endian(segment, to.port);
        append_big_endian(segment, at.sequence);
        append_big_endian(segment, at.acknowledged);
        append_big_endian(segment, static_cast<std::uint16_t>(5U << 12U | flags));
        append_big_endian(segment, std::uint16_t{0xffff});  // the window
        append_big_endian(segment, std::uint32_t{0});       // checksum and urgent pointer
        segment.insert(segment.end(), part.begin(), part.end());
        packet(when, from, to, IPPROTO_TCP, std::move(segment), 16);
        at.sequence += static_cast<std::uint32_t>(part.size());
        payload = payload.subspan(part.size());
    } while (!payload.empty());
}

void capture::udp(std::chrono::nanoseconds when, const socket_name& from, const socket_name& to,
                  std::span<const std::byte> payload) {
    bytes segment;
    append_big_endian(segment, from.port);
    append_big_endian(segment, to.port);
    append_big_endian(segment, static_cast<std::uint16_t>(8 + payload.size()));
    append_big_endian(segment, std::uint16_t{0});
    segment.insert(segment.end(), payload.begin(), payload.end());
    packet(when, from, to, IPPROTO_UDP, std::move(segment), 6);
}

}  // namespace ringlet::testing::detail
