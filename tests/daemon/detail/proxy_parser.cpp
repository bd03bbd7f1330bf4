#include "daemon/detail/proxy_parser.hpp"
#include "catch.hpp"
#include "daemon/detail/crc32c.hpp"
#include "daemon/proxy_bytes.hpp"

#include <ringlet/daemon/proxy_errc.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tests::daemon_proxy_parser {

using ringlet::address;
using ringlet::daemon::proxy_errc;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_tlv;
using ringlet::daemon::proxy_version;
using ringlet::daemon::detail::crc32c;
using ringlet::daemon::detail::proxy_limits;
using ringlet::daemon::detail::proxy_parser;
using namespace std::string_literals;

namespace {

const std::string behind = "GET / HTTP/1.1\r\n\r\n";

/// Feeds `bytes` in pieces of `piece` bytes; 0 stands for as many as the parser wants. Checks that
/// the parser takes no byte behind the header, and wants none.
proxy_parser parsed(const std::string& bytes, std::size_t piece, const proxy_limits& limits = {}) {
    proxy_parser parser(limits);
    const std::string all = bytes + behind;
    std::size_t at = 0;
    while (const std::size_t wanted = parser.wanted()) {
        if (at == all.size())
            break;
        const std::size_t size = piece == 0 ? wanted : piece;
        const std::size_t taken = parser.take(std::string_view(all).substr(at, size));
        if (!parser.error() && !parser.whole())
            REQUIRE(taken == std::min(size, all.size() - at));
        at += taken;
    }
    if (parser.whole())
        REQUIRE(at == bytes.size());
    return parser;
}

/// The header that `bytes` are, however they come.
proxy_header header_of(const std::string& bytes, const proxy_limits& limits = {}) {
    INFO(bytes);
    std::vector<proxy_header> read;
    for (const std::size_t piece : {0U, 1U, 7U, 10'000U}) {
        proxy_parser parser = parsed(bytes, piece, limits);
        CHECK(parser.error() == std::error_code());
        REQUIRE(parser.whole());
        read.push_back(parser.header());
    }
    CHECK(std::ranges::all_of(read, [&](const proxy_header& each) { return each == read[0]; }));
    return read[0];
}

/// What is wrong with `bytes`, however they come.
std::error_code fault_of(const std::string& bytes, const proxy_limits& limits = {}) {
    INFO(bytes);
    const proxy_parser parser = parsed(bytes, 0, limits);
    CHECK_FALSE(parser.whole());
    CHECK(parser.wanted() == 0);
    CHECK(parsed(bytes, 1, limits).error() == parser.error());
    CHECK(parsed(bytes, 10'000, limits).error() == parser.error());
    return parser.error();
}

/// A header of a client with a checksum that is right, and then other TLVs.
std::string with_checksum(const std::string& others) {
    std::string bytes = v2_of_client(tlv_bytes(proxy_tlv::crc32c, "\0\0\0\0"s) + others);
    const std::uint32_t sum = crc32c(bytes);
    bytes.replace(16 + 12 + 3, 4, two_bytes(sum >> 16U) + two_bytes(sum));
    return bytes;
}

}  // namespace

TEST_CASE("a line of version 1 says where a TCP client is", "[daemon]") {
    const proxy_header v4 = header_of(v1_of_client);
    CHECK(v4.version == proxy_version::v1);
    CHECK(v4.source == address("192.0.2.1:4660"));
    CHECK(v4.destination == address("198.51.100.2:443"));
    CHECK_FALSE(v4.local);
    CHECK_FALSE(v4.datagrams);

    CHECK(header_of("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n").source == address("0.0.0.0:0"));
    const std::string longest_v4 = "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n";
    CHECK(header_of(longest_v4).destination == address("255.255.255.255:65535"));

    CHECK(header_of("PROXY TCP6 :: ::1 0 9\r\n").destination == address("[::1]:9"));
    const std::string ffff = "ffff:ffff:ffff:ffff:FFFF:ffff:ffff:ffff";
    CHECK(header_of("PROXY TCP6 " + ffff + " " + ffff + " 65535 65535\r\n").source ==
          address(ffff, 65'535));
}

TEST_CASE("a line of version 1 may say that the client is unknown, and anything then", "[daemon]") {
    const proxy_header bare = header_of("PROXY UNKNOWN\r\n");
    CHECK(bare.version == proxy_version::v1);
    CHECK_FALSE(bare.has_addresses());
    for (const char* const more : {" ", " \r", " a\r\rb\n", " ffff::1 1.2.3.4 TCP4 0 0"})
        CHECK_FALSE(header_of("PROXY UNKNOWN"s + more + "\r\n").has_addresses());
    const std::string longest = "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n";
    REQUIRE(longest.size() == 107);
    header_of(longest);
    CHECK(fault_of("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n") == proxy_errc::endless_line);
}

TEST_CASE("a line of version 1 that breaks the grammar is refused by name", "[daemon]") {
    const std::vector<std::pair<std::string, proxy_errc>> faults{
        {"GET / HTTP/1.1\r\n", proxy_errc::no_header},
        {"\x16\x03\x01\x02\x00", proxy_errc::no_header},
        {"POST / HTTP/1.1\r\n", proxy_errc::no_header},
        {"PROXYTCP4", proxy_errc::no_header},
        {"proxy TCP4", proxy_errc::no_header},
        {"PROXY  TCP4", proxy_errc::unknown_protocol},
        {"PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n", proxy_errc::unknown_protocol},
        {"PROXY TCP4\r\n", proxy_errc::unknown_protocol},
        {"PROXY TCP45 ", proxy_errc::unknown_protocol},
        {"PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n", proxy_errc::unknown_protocol},
        {"PROXY UNKNOWNS\r\n", proxy_errc::unknown_protocol},
        {"PROXY \r\n", proxy_errc::unknown_protocol},
        {"PROXY UNKNOWN\n", proxy_errc::unknown_protocol},
        {"PROXY UNKNOWN\rx", proxy_errc::endless_line},
        {"PROXY TCP4  1.2.3.4 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.4.5 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.256 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.04 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2..4 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.4\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 ::1 ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 255.255.255.2555", proxy_errc::bad_address},
        {"PROXY TCP4 localhost 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.4 1.2.3.x 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 ::ffff:1.2.3.4 ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 1:2:3 ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 1::2::3 ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 ::12345 ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 fe80::1%lo ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 abcd ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP6 [::1] ::1 1 1\r\n", proxy_errc::bad_address},
        {"PROXY TCP4 1.2.3.4 1.2.3.4  1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 01 1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 -1 1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 +1 1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 65536 1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 111111", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 1 \r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n", proxy_errc::bad_port},
        {"PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\r", proxy_errc::endless_line},
    };
    for (const auto& [bytes, fault] : faults) {
        INFO(bytes);
        CHECK(fault_of(bytes) == fault);
    }
}

TEST_CASE("a header of version 2 says where a client is, over any transport", "[daemon]") {
    const proxy_header v4 = header_of(v2_of_client());
    CHECK(v4.version == proxy_version::v2);
    CHECK(v4.source == address("192.0.2.1:4660"));
    CHECK(v4.destination == address("198.51.100.2:443"));
    CHECK_FALSE(v4.local);
    CHECK_FALSE(v4.datagrams);
    CHECK(v4.tlvs.empty());
    CHECK(header_of(v2_bytes(0x21, 0x12, v4_addresses)).datagrams);

    const std::string one = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01";
    const std::string two = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x02";
    const proxy_header v6 = header_of(v2_bytes(0x21, 0x21, one + two + "\x12\x34\x01\xbb"));
    CHECK(v6.source == address("[2001:db8::1]:4660"));
    CHECK(v6.destination == address("[2001:db8::2]:443"));
    CHECK(header_of(v2_bytes(0x21, 0x22, one + two + "\x12\x34\x01\xbb")).datagrams);
}

TEST_CASE("a header of version 2 names Unix sockets", "[daemon]") {
    const auto padded = [](std::string path) {
        path.resize(108);
        return path;
    };
    const proxy_header named = header_of(v2_bytes(0x21, 0x31, padded("/run/a") + padded("\0b"s)));
    CHECK(named.source == address::unix_path("/run/a"));
    CHECK(named.destination == address::unix_path("@b"));
    const std::string full(108, 'x');
    const proxy_header full_one = header_of(v2_bytes(0x21, 0x32, full + padded("")));
    CHECK(full_one.datagrams);
    CHECK(full_one.source.host() == full);
    CHECK(full_one.destination.family() == AF_UNIX);
    CHECK(full_one.destination.host().empty());
}

TEST_CASE("a header of version 2 may be the proxy's own, or know no client", "[daemon]") {
    for (const unsigned family : {0x00U, 0x11U, 0xffU}) {
        const proxy_header local = header_of(v2_bytes(0x20, family, "anything"));
        CHECK(local.local);
        CHECK_FALSE(local.has_addresses());
        CHECK(local.tlvs.empty());
    }
    CHECK(header_of(v2_bytes(0x20, 0, "")).local);
    const proxy_header unknown = header_of(v2_bytes(0x21, 0, tlv_bytes(proxy_tlv::alpn, "h2")));
    CHECK_FALSE(unknown.local);
    CHECK_FALSE(unknown.has_addresses());
    CHECK(unknown.alpn() == "h2");
}

TEST_CASE("a header of version 2 carries TLVs", "[daemon]") {
    const proxy_header header = header_of(
        v2_of_client(tlv_bytes(proxy_tlv::noop, "padding") + tlv_bytes(proxy_tlv::alpn, "h2") +
                     tlv_bytes(proxy_tlv::authority, "example.org") +
                     tlv_bytes(proxy_tlv::unique_id, "") + tlv_bytes(0xe0, std::string(3, '\0'))));
    CHECK(header.tlvs.size() == 4);
    CHECK(header.alpn() == "h2");
    CHECK(header.authority() == "example.org");
    CHECK(header.unique_id() == "");
    CHECK(header.find(0xe0) == std::string(3, '\0'));

    const proxy_header checked = header_of(with_checksum(tlv_bytes(proxy_tlv::alpn, "h2")));
    CHECK(checked.crc32c());
    CHECK(checked.alpn() == "h2");
}

TEST_CASE("a header of version 2 that breaks the rules is refused by name", "[daemon]") {
    const std::string right = with_checksum("");
    std::string changed = right;
    ++changed[16];
    const auto client = [](const std::string& tlvs) { return v2_of_client(tlvs); };
    const std::vector<std::pair<std::string, proxy_errc>> faults{
        {"\r\n\r\nGET", proxy_errc::no_header},
        {v2_bytes(0x11, 0x11, v4_addresses), proxy_errc::unknown_version},
        {v2_bytes(0x31, 0x11, v4_addresses), proxy_errc::unknown_version},
        {v2_bytes(0x22, 0x11, v4_addresses), proxy_errc::unknown_command},
        {v2_bytes(0x21, 0x41, v4_addresses), proxy_errc::unknown_family},
        {v2_bytes(0x21, 0x13, v4_addresses), proxy_errc::unknown_family},
        {v2_bytes(0x21, 0x10, v4_addresses), proxy_errc::unknown_family},
        {v2_bytes(0x21, 0x01, v4_addresses), proxy_errc::unknown_family},
        {v2_bytes(0x21, 0x11, v4_addresses.substr(1)), proxy_errc::too_short},
        {v2_bytes(0x21, 0x21, std::string(35, 'x')), proxy_errc::too_short},
        {v2_bytes(0x21, 0x31, std::string(215, 'x')), proxy_errc::too_short},
        {v2_of_client(std::string(4069, '\0')), proxy_errc::too_long},
        {v2_of_client(std::string(65'000, '\0')), proxy_errc::too_long},
        {client("\x01"), proxy_errc::bad_tlv},
        {client("\x01\0"s), proxy_errc::bad_tlv},
        {client("\x01\0\x02h"s), proxy_errc::bad_tlv},
        {client(tlv_bytes(proxy_tlv::unique_id, std::string(129, 'x'))), proxy_errc::bad_tlv},
        {client(tlv_bytes(proxy_tlv::tls, "\x01\0\0\0"s)), proxy_errc::bad_tlv},
        {client(tlv_bytes(proxy_tlv::tls, "\x01\0\0\0\0\x21\0\x09TLSv1.3"s)), proxy_errc::bad_tlv},
        {client(tlv_bytes(proxy_tlv::crc32c, "\x01\x02\x03")), proxy_errc::bad_tlv},
        {client(wrong_checksum), proxy_errc::bad_checksum},
        {changed, proxy_errc::bad_checksum},
        {with_checksum(wrong_checksum), proxy_errc::bad_tlv},
    };
    CHECK(header_of(right).crc32c());
    for (const auto& [bytes, fault] : faults) {
        INFO(bytes);
        CHECK(fault_of(bytes) == fault);
    }
}

TEST_CASE("a header of version 2 is as long, and has as many TLVs, as the limits allow",
          "[daemon]") {
    const std::string of_4096 = v2_of_client(tlv_bytes(0xe0, std::string(4065, 'x')));
    REQUIRE(of_4096.size() == 4096);
    header_of(of_4096);
    header_of(of_4096, {.header_bytes_max = 4096});
    CHECK(fault_of(of_4096, {.header_bytes_max = 4095}) == proxy_errc::too_long);
    CHECK(fault_of(v2_of_client(), {.header_bytes_max = 27}) == proxy_errc::too_long);

    std::string tlvs;
    for (int i = 0; i < 64; ++i)
        tlvs += tlv_bytes(0xe0, "") + tlv_bytes(proxy_tlv::noop, "");
    CHECK(header_of(v2_of_client(tlvs)).tlvs.size() == 64);
    tlvs += tlv_bytes(0xe0, "");
    CHECK(fault_of(v2_of_client(tlvs)) == proxy_errc::too_many_tlvs);
    CHECK(header_of(v2_of_client(tlvs), {.tlvs_max = 65}).tlvs.size() == 65);
}

TEST_CASE("few pieces make a header, and none of them has a byte of what follows", "[daemon]") {
    const auto pieces = [](const std::string& bytes) {
        proxy_parser parser({});
        int count = 0;
        for (std::size_t at = 0; const std::size_t wanted = parser.wanted(); ++count)
            at += parser.take(std::string_view(bytes).substr(at, wanted));
        return count;
    };
    CHECK(pieces("PROXY UNKNOWN\r\n") == 1);
    CHECK(pieces(v2_of_client()) == 2);
    CHECK(pieces(v2_of_client(tlv_bytes(proxy_tlv::alpn, "h2"))) == 3);
    CHECK(pieces(v2_bytes(0x20, 0, "")) == 2);
    CHECK(pieces(v1_of_client) <= 5);
    const std::string ffff = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    CHECK(pieces("PROXY TCP6 " + ffff + " " + ffff + " 65535 65535\r\n") <= 20);
}

TEST_CASE("the CRC32c is that of RFC 3720", "[daemon]") {
    CHECK(crc32c("123456789") == 0xe3069283U);
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aaU);
    CHECK(crc32c("456789", crc32c("123")) == 0xe3069283U);
    CHECK(crc32c("") == 0);
}

}  // namespace tests::daemon_proxy_parser
