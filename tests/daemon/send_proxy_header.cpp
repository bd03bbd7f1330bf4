#include "catch.hpp"
#include "check_awaited.hpp"
#include "daemon/detail/proxy_parser.hpp"
#include "daemon/proxy_bytes.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"
#include "stream_pair.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/send_proxy_header.hpp>

#include <stdexcept>
#include <string>
#include <system_error>

namespace tests::daemon_send_proxy_header {

using ringlet::address;
using ringlet::task;
using ringlet::daemon::proxied;
using ringlet::daemon::proxy_bytes;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_header_of;
using ringlet::daemon::proxy_tlv;
using ringlet::daemon::proxy_version;
using ringlet::daemon::send_proxy_header;
using namespace std::string_literals;

namespace {

proxy_header between(const address& source, const address& destination,
                     proxy_version version = proxy_version::v2) {
    return {.version = version, .source = source, .destination = destination};
}

const address client("192.0.2.1", 4660);
const address server("198.51.100.2", 443);

std::string line_between(const address& source, const address& destination) {
    return proxy_bytes(between(source, destination, proxy_version::v1));
}

/// The header that a server reads out of the bytes of another.
proxy_header read_again(const proxy_header& sent) {
    ringlet::daemon::detail::proxy_parser parser({.header_bytes_max = 100'000, .tlvs_max = 100});
    const std::string bytes = proxy_bytes(sent);
    CHECK(parser.take(bytes + "behind") == bytes.size());
    CHECK(parser.error() == std::error_code());
    CHECK(parser.whole());
    return parser.header();
}

}  // namespace

TEST_CASE("a header goes as the line of version 1", "[daemon]") {
    CHECK(line_between(client, server) == v1_of_client);
    CHECK(line_between("[2001:db8::1]:1", "[::1]:65535") ==
          "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");
    CHECK(line_between("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.2]:2") ==
          "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
    CHECK(line_between("192.0.2.1:1", "[::1]:2") ==
          "PROXY TCP6 0:0:0:0:0:ffff:c000:201 ::1 1 2\r\n");
    CHECK(line_between("[::1.2.3.4]:1", "[::1]:2") == "PROXY TCP6 0:0:0:0:0:0:102:304 ::1 1 2\r\n");
}

TEST_CASE("what version 1 cannot say goes as unknown", "[daemon]") {
    const std::string unknown = "PROXY UNKNOWN\r\n";
    const address path = address::unix_path("/x");
    CHECK(line_between({}, {}) == unknown);
    CHECK(line_between(client, {}) == unknown);
    CHECK(line_between(path, path) == unknown);
    CHECK(line_between(client, path) == unknown);
    proxy_header header = between(client, server, proxy_version::v1);
    header.datagrams = true;
    CHECK(proxy_bytes(header) == unknown);
    header.datagrams = false;
    header.set(proxy_tlv::alpn, "h2");
    CHECK(proxy_bytes(header) == v1_of_client);
    header.local = true;
    CHECK(proxy_bytes(header) == unknown);
}

TEST_CASE("a header goes as the bytes of version 2", "[daemon]") {
    CHECK(proxy_bytes(between(client, server)) == v2_of_client());
    proxy_header header = between(client, server);
    header.set(proxy_tlv::alpn, "h2");
    CHECK(proxy_bytes(header) == v2_of_client(tlv_bytes(1, "h2")));
    header.datagrams = true;
    CHECK(proxy_bytes(header) == v2_bytes(0x21, 0x12, v4_addresses + tlv_bytes(1, "h2")));
    header.local = true;
    CHECK(proxy_bytes(header) == v2_bytes(0x20, 0, tlv_bytes(1, "h2")));
    CHECK(proxy_bytes({}) == v2_bytes(0x21, 0, ""));
    CHECK(proxy_bytes(between(client, address::unix_path("/x"))) == v2_bytes(0x21, 0, ""));
}

TEST_CASE("a server reads the header that was sent", "[daemon]") {
    for (const auto& [source, destination] :
         {std::pair<address, address>{client, server},
          {"[2001:db8::1]:1", "[2001:db8::2]:65535"},
          {address::unix_path("/run/a"), address::unix_path("@b")},
          {address::unix_path(std::string(107, 'x')), address::unix_path("/y")}}) {
        proxy_header header = between(source, destination);
        CHECK(read_again(header) == header);
        header.datagrams = true;
        header.set(proxy_tlv::authority, "example.org");
        header.set_tls({.version = "TLSv1.3", .cipher = "X"});
        header.set(0xe5, std::string(60'000, 'x'));
        CHECK(read_again(header) == header);
        header.tlvs.clear();
        header.version = proxy_version::v1;
        header.datagrams = false;
        if (source.family() != AF_UNIX)
            CHECK(read_again(header) == header);
        header.local = true;
        header.version = proxy_version::v2;
        CHECK(read_again(header).local);
    }
    CHECK(read_again(between("192.0.2.1:1", "[::1]:2")).source == address("[::ffff:192.0.2.1]:1"));
}

TEST_CASE("the checksum of a header is made when the header is sent", "[daemon]") {
    proxy_header header = between(client, server);
    header.set(proxy_tlv::crc32c, "stale");
    header.set(proxy_tlv::alpn, "h2");
    const proxy_header read = read_again(header);
    CHECK(read.crc32c());
    CHECK(read.alpn() == "h2");
    CHECK(read_again(read).crc32c() == read.crc32c());
    header.tlvs.push_back({.type = proxy_tlv::crc32c, .value = "another"});
    CHECK(read_again(header) == read);
}

TEST_CASE("a header that is too long for its length is refused", "[daemon]") {
    proxy_header header = between(client, server);
    header.set(0xe0, std::string(65'000, 'x'));
    CHECK(proxy_bytes(header).size() == 16 + 12 + 3 + 65'000);
    header.set(0xe1, std::string(1'000, 'x'));
    CHECK_THROWS_AS(proxy_bytes(header), std::length_error);
    header.set(0xe1, std::string(65'536, 'x'));
    CHECK_THROWS_AS(proxy_bytes(header), std::length_error);
}

TEST_CASE("a header is sent, and tells the error of a server that has gone", "[daemon]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> task<> {
        auto pair = make_streams(owner);
        co_await send_proxy_header(pair.one, between(client, server));
        co_await pair.one.end_sending();
        CHECK_AWAITED(co_await receive(pair.other, 1'000), v2_of_client());
        std::error_code error;
        co_await send_proxy_header(pair.one, between(client, server), error);
        CHECK(error == std::errc::broken_pipe);
        bool thrown = false;
        try {
            co_await send_proxy_header(pair.one, between(client, server));
        } catch (const std::system_error& failure) {
            thrown = failure.code() == std::errc::broken_pipe;
        }
        CHECK(thrown);
    });
}

TEST_CASE("a forwarder says to where its client connected, or what it was told", "[daemon]") {
    ringlet::loop owner;
    run_coroutine(owner, [&]() -> task<> {
        auto pair = make_streams(owner);
        CHECK(proxy_header_of(pair.one, client) == between(client, pair.one.local_address()));
        co_await pair.other.send_all(v2_of_client(tlv_bytes(1, "h2")));
        address from = pair.one.peer_address();
        const ringlet::daemon::proxy step({.trusted = {"127.0.0.0/8"}});
        co_await step(pair.one, from);
        CHECK(proxy_header_of(pair.one, from) == between(client, server));
    });
}

}  // namespace tests::daemon_send_proxy_header
