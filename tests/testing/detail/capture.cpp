#include "testing/detail/capture.hpp"
#include "catch.hpp"
#include "temporary_directory.hpp"

#include <netinet/in.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

namespace tests::testing_capture {

namespace {

using namespace std::chrono_literals;
using ringlet::testing::detail::capture;
using ringlet::testing::detail::socket_name;

const socket_name client = socket_name::v4(0x0a000001, 40'000);
const socket_name server = socket_name::v4(0x0a000002, 80);

std::vector<unsigned char> bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::uint32_t native_at(const std::vector<unsigned char>& bytes, std::size_t at) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof(number));
    return number;
}

unsigned sum_of(const std::vector<unsigned char>& bytes, std::size_t at, std::size_t size) {
    unsigned sum = 0;
    for (std::size_t i = 0; i < size; i += 2)
        sum += static_cast<unsigned>(bytes[at + i]) << 8U | bytes[at + i + 1];
    while (sum > 0xffff)
        sum = (sum & 0xffffU) + (sum >> 16U);
    return sum;
}

constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;

}  // namespace

TEST_CASE("a capture is a pcap file of IP packets, with times in nanoseconds", "[testing]") {
    const temporary_directory folder;
    const std::string path = folder.path() / "sent.pcap";
    const std::array payload{std::byte{'h'}, std::byte{'i'}};
    capture(path).tcp(2s + 3ns, client, server, {7, 9}, capture::ack | capture::push, payload);
    const auto bytes = bytes_of(path);
    REQUIRE(bytes.size() == file_header + record_header + 20 + 20 + payload.size());
    CHECK(native_at(bytes, 0) == 0xa1b23c4d);
    CHECK(native_at(bytes, 20) == 101);
    CHECK(native_at(bytes, file_header) == 2);
    CHECK(native_at(bytes, file_header + 4) == 3);
    CHECK(native_at(bytes, file_header + 8) == 42);
    const std::size_t ip = file_header + record_header;
    CHECK(bytes[ip] == 0x45);
    CHECK(bytes[ip + 9] == IPPROTO_TCP);
    CHECK(sum_of(bytes, ip, 20) == 0xffff);  // a right checksum makes the sum so: RFC 1071
    CHECK(bytes[ip + 20 + 13] == 0x18);
    CHECK(bytes.back() == 'i');
}

TEST_CASE("a segment that no IP packet holds is captured as several", "[testing]") {
    const temporary_directory folder;
    const std::string path = folder.path() / "sent.pcap";
    const std::vector<std::byte> payload(100'000);
    capture(path).tcp(0ns, client, server, {}, capture::ack, payload);
    const auto bytes = bytes_of(path);
    CHECK(bytes.size() == file_header + 2 * (record_header + 40) + payload.size());
}

TEST_CASE("a datagram is captured between IPv6 addresses too", "[testing]") {
    const temporary_directory folder;
    const std::string path = folder.path() / "sent.pcap";
    socket_name v6 = server;
    v6.ip = socket_name::loopback_ip(false);
    capture(path).udp(0ns, v6, v6, {});
    const auto bytes = bytes_of(path);
    REQUIRE(bytes.size() == file_header + record_header + 40 + 8);
    CHECK(bytes[file_header + record_header] == 0x60);
    CHECK(bytes[file_header + record_header + 6] == IPPROTO_UDP);
}

TEST_CASE("a capture that cannot be written says which", "[testing]") {
    CHECK_THROWS_WITH(capture("/nowhere/sent.pcap"), StartsWith("cannot write /nowhere/sent.pcap"));
}

}  // namespace tests::testing_capture
