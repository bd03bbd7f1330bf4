// Servers behind a proxy, and clients that only say that they are one.

#include "blocking_client.hpp"
#include "captured_log.hpp"
#include "catch.hpp"
#include "daemon/proxy_bytes.hpp"
#include "server/every_server.hpp"
#include "server/final_counts.hpp"
#include "serving_thread.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>

#include <netinet/tcp.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace tests::daemon_proxy {

using ringlet::address;
using ringlet::server_counters;
using ringlet::server_options;
using ringlet::task;
using ringlet::daemon::proxied;
using ringlet::daemon::proxy;
using ringlet::daemon::proxy_header;
using ringlet::daemon::proxy_options;
using namespace std::chrono_literals;

namespace {

const address loopback("127.0.0.1", 0);

/// Tells a client its address, the protocol that its proxy has named, and what it has said.
constexpr auto tell = [](auto& client, const address& from) -> task<> {
    const std::string heard = co_await hear(client);
    const proxy_header* const said = proxied(client);
    const std::string protocol(said == nullptr ? "no header" : said->alpn().value_or("-"));
    co_await say(client, from.to_string() + " " + protocol + " " + heard);
};

server_options behind(const proxy_options& options) {
    server_options made;
    made.establish = {proxy(options)};
    made.log = {.burst = 1, .interval = 1h};
    return made;
}

const proxy_options loopback_only{.trusted = {"127.0.0.0/8", "::1"}, .trust_unix = true};

/// Sends each byte by itself.
void send_bytewise(blocking_client& client, std::string_view bytes) {
    for (const char byte : bytes)
        client.send({&byte, 1});
}

/// Whether the server resets or ends a connection without a word, perhaps before `bytes` are sent.
bool is_refused(blocking_client& client, std::string_view bytes = "") {
    try {
        client.send(bytes);
        return client.receive_all().empty();
    } catch (const std::system_error& failure) {
        return failure.code() == std::errc::connection_reset ||
               failure.code() == std::errc::broken_pipe;
    }
}

}  // namespace

TEST_CASE("every stream server takes the client from its proxy's header", "[daemon]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    any_server server(kind, tell, behind(loopback_only));
    serving_thread serving(*server);
    CHECK(server.ask(v1_of_client + "hello") == "192.0.2.1:4660 - hello");
    CHECK(server.ask(v2_of_client(tlv_bytes(1, "h2")) + "hello") == "192.0.2.1:4660 h2 hello");
    CHECK(server.ask(v2_of_client()) == "192.0.2.1:4660 - ");
    for (const std::string& header : {v1_of_client, v2_of_client(tlv_bytes(1, "h2"))}) {
        auto slow = server.client();
        if (kind.over == transport::tcp)
            slow.socket().set_option(IPPROTO_TCP, TCP_NODELAY, 1);
        send_bytewise(slow.socket(), header + "slow");
        slow.socket().shutdown_sending();
        CHECK(slow.hear().starts_with("192.0.2.1:4660 "));
    }
    const server_counters counts = final_counts(*server, 5);
    CHECK(counts.established == 5);
    CHECK(counts.finished == 5);
}

TEST_CASE("a proxy that speaks for itself, or knows no client, is the client", "[daemon]") {
    ringlet::tcp_server server(loopback, tell, behind(loopback_only));
    const serving_thread serving(server);
    for (const std::string& header :
         {std::string("PROXY UNKNOWN\r\n"), std::string("PROXY UNKNOWN ::1 ::1 1 1\r\n"),
          v2_bytes(0x20, 0x11, v4_addresses), v2_bytes(0x20, 0, ""),
          v2_bytes(0x21, 0, tlv_bytes(4, ""))}) {
        blocking_client client(server.server_address());
        const std::string own = client.local_address().to_string();
        client.send(header + "hello");
        client.shutdown_sending();
        CHECK(client.receive_all() == own + " - hello");
    }
}

TEST_CASE("a client that is no proxy is refused by every stream server, and reported", "[daemon]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_stream()));
    CAPTURE(kind);
    const captured_log log;
    server_options options = behind(loopback_only);
    options.establish_timeout = 100ms;
    options.linger_timeout = 10ms;
    any_server server(kind, tell, options);
    serving_thread serving(*server);
    auto plain = server.client();
    plain.socket().send("GET / HTTP/1.1\r\n\r\n");
    CHECK(is_refused(plain.socket()));
    auto halting = server.client();
    halting.socket().send(v1_of_client.substr(0, 30));
    CHECK(is_refused(halting.socket()));
    auto gone = server.client();
    gone.socket().send(v2_of_client().substr(0, 20));
    gone.socket().shutdown_sending();
    CHECK(is_refused(gone.socket()));
    CHECK(server.ask(v1_of_client) == "192.0.2.1:4660 - ");
    const server_counters counts = final_counts(*server, 4);
    CHECK(counts.establish_failed.other == 1);
    CHECK(counts.establish_failed.timed_out == 1);
    CHECK(counts.establish_failed.reset == 1);
    CHECK(counts.established == 1);
    CHECK(counts.refused == 3);
    CHECK(counts.failed.total() == 0);
    serving.stop(10s);
    if (!kind.forks())  // where a child has told it
        CHECK(log.text().find("step=proxy error=\"PROXY: what came is no PROXY header;") !=
              std::string::npos);
}

TEST_CASE("no client of another network is believed, and none is read", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(loopback, tell, behind({.trusted = {"127.0.0.2", "10.0.0.0/8"}}));
    serving_thread serving(server);
    blocking_client forging(server.server_address());
    CHECK(is_refused(forging, v1_of_client + "hello"));
    blocking_client silent(server.server_address());
    CHECK(is_refused(silent));
    CHECK(final_counts(server, 2).establish_failed.other == 2);
    serving.stop(10s);
    CHECK(log.text().find("the client is of no trusted network") != std::string::npos);
}

TEST_CASE("clients of Unix sockets are trusted only if they are to be", "[daemon]") {
    const captured_log log;
    const server_kind kind{transport::unix_stream, ringlet::concurrency::loop};
    any_server server(kind, tell, behind({.trusted = {"0.0.0.0/0", "::/0"}}));
    const serving_thread serving(*server);
    auto forging = server.client();
    CHECK(is_refused(forging.socket(), v1_of_client));
}

TEST_CASE("each broken header ends its connection with a reset", "[daemon]") {
    const captured_log log;
    ringlet::tcp_server server(loopback, tell,
                               behind({.trusted = {"127.0.0.1"}, .header_bytes_max = 100}));
    const serving_thread serving(server);
    const std::vector<std::string> broken{
        "PROXY TCP4 1.2.3.4 1.2.3.256 1 1\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.4 1 1 \r\n",
        "PROXY UNKNOWN " + std::string(200, 'x'),
        "PROXY TCP6 1.2.3.4 1.2.3.4 1 1\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        v2_bytes(0x31, 0x11, v4_addresses),
        v2_bytes(0x21, 0x51, v4_addresses),
        v2_bytes(0x21, 0x11, "short"),
        v2_of_client(std::string(100, '\0')),
        v2_of_client("\x01\x7f\x7f"),
        v2_of_client(wrong_checksum),
    };
    for (const std::string& bytes : broken) {
        INFO(bytes);
        blocking_client client(server.server_address());
        client.send(bytes);
        bool reset = false;
        try {
            client.receive_all();
        } catch (const std::system_error& failure) {
            reset = failure.code() == std::errc::connection_reset;
        }
        CHECK(reset);
    }
    const server_counters counts = final_counts(server, broken.size());
    CHECK(counts.establish_failed.other == broken.size());
    CHECK(counts.finished == 0);
}

TEST_CASE("every datagram server takes the client from the datagram, and answers the proxy",
          "[daemon]") {
    const server_kind kind = GENERATE(from_range(every_kind_of_datagram()));
    CAPTURE(kind);
    const captured_log log;
    any_server server(kind, tell, behind(loopback_only));
    serving_thread serving(*server);
    const std::string header = v2_bytes(0x21, 0x12, v4_addresses + tlv_bytes(1, "dns"));
    CHECK(server.ask(header + "hello") == "192.0.2.1:4660 dns hello");
    CHECK(server.ask(header) == "192.0.2.1:4660 dns ");
    auto odd = server.client();
    for (const std::string& packet :
         {std::string("\r"), std::string("hello"), header.substr(1),
          header.substr(0, header.size() - 1), v1_of_client, v2_of_client(wrong_checksum)})
        odd.say(packet);
    CHECK(server.ask(v2_bytes(0x20, 0, "") + "hello").ends_with(" - hello"));
    const server_counters counts = final_counts(*server, 9);
    CHECK(counts.established == 3);
    CHECK(counts.establish_failed.total() == 6);
    CHECK(counts.refused == 6);
    CHECK(odd.socket().nothing_to_receive());
}

TEST_CASE("no datagram of another network is believed", "[daemon]") {
    const captured_log log;
    ringlet::udp_server server(loopback, tell, behind({.trusted = {"10.0.0.0/8"}}));
    const serving_thread serving(server);
    blocking_client forging(AF_INET, SOCK_DGRAM);
    forging.connect(server.server_address());
    forging.send(v2_bytes(0x21, 0x12, v4_addresses) + "hello");
    CHECK(final_counts(server, 1).refused == 1);
}

TEST_CASE("options with which no proxy could be heard are refused", "[daemon]") {
    CHECK_THROWS_AS(proxy({}), std::invalid_argument);
    CHECK_THROWS_AS(proxy({.trusted = {"::1"}, .header_bytes_max = 27}), std::invalid_argument);
    CHECK_THROWS_AS(proxy({.trusted = {"10.0.0.1/8"}}), std::invalid_argument);
    CHECK_NOTHROW(proxy({.trust_unix = true}));
}

}  // namespace tests::daemon_proxy
