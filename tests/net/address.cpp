#include "catch.hpp"
#include "connected_pair.hpp"
#include "scripted_resolver.hpp"

#include <ringlet/net/address.hpp>

#include <net/if.h>

#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>

namespace tests::net_address {

using ringlet::address;
using namespace std::string_literals;

namespace {

/// Whether `make()` throws std::invalid_argument, and with a text that has `words` in it.
template <class Make>
void check_refused(Make make, const std::string& words) {
    INFO("asked for: " << words);
    try {
        const address made = make();
        FAIL("made " << made);
    } catch (const std::invalid_argument& error) {
        INFO(error.what());
        CHECK(std::string(error.what()).find(words) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("an IPv4 address is read and written", "[net]") {
    const address one("127.0.0.1", 9999);
    CHECK(one.family() == AF_INET);
    CHECK(one.host() == "127.0.0.1");
    CHECK(one.port() == 9999);
    CHECK(one.to_string() == "127.0.0.1:9999");
    CHECK(one == address::parse("127.0.0.1:9999"));
    const sockaddr_in native = loopback(9999);
    CHECK(one == address::from(reinterpret_cast<const sockaddr*>(&native), sizeof(native)));
    CHECK(one.size() == sizeof(sockaddr_in));
}

TEST_CASE("an IPv6 address is read and written, in brackets with its port", "[net]") {
    const address one("::1", 80);
    CHECK(one.family() == AF_INET6);
    CHECK(one.host() == "::1");
    CHECK(one.port() == 80);
    CHECK(one.to_string() == "[::1]:80");
    CHECK(one == address::parse("[::1]:80"));
    CHECK(one == address::parse("[0:0:0:0:0:0:0:1]:80"));
    CHECK(one.size() == sizeof(sockaddr_in6));
}

TEST_CASE("a link-local address keeps its zone, by name or by number", "[net]") {
    const address named = address::parse("[fe80::1%lo]:7");
    CHECK(named.host() == "fe80::1%lo");
    CHECK(named.to_string() == "[fe80::1%lo]:7");
    CHECK(named == address::parse("[fe80::1%" + std::to_string(::if_nametoindex("lo")) + "]:7"));
    CHECK_FALSE(named == address::parse("[fe80::1]:7"));
    const address nameless = address::parse("[fe80::1%4000000000]:7");  // no such interface now
    CHECK(nameless.to_string() == "[fe80::1%4000000000]:7");
}

TEST_CASE("a Unix socket is a path, or a name behind an @", "[net]") {
    const address path = address::unix_path("/run/x.sock");
    CHECK(path.family() == AF_UNIX);
    CHECK(path.host() == "/run/x.sock");
    CHECK(path.port() == 0);
    CHECK(path.to_string() == "unix:/run/x.sock");
    CHECK(path == address::parse("unix:/run/x.sock"));
    const address abstract = address::parse("unix:@name");
    CHECK(abstract.host() == "@name");
    CHECK(abstract.size() == offsetof(sockaddr_un, sun_path) + "@name"s.size());
    CHECK(reinterpret_cast<const sockaddr_un*>(abstract.data())->sun_path[0] == '\0');
    CHECK_FALSE(abstract == address::unix_path("name"));
    const std::string longest(107, 'p');
    CHECK(address::unix_path(longest).host() == longest);
    CHECK(address::unix_path("@" + longest.substr(1)).host() == "@" + longest.substr(1));
}

TEST_CASE("what an address is written as can be read again", "[net]") {
    const std::string text =
        GENERATE(as<std::string>(), "0.0.0.0:0", "255.255.255.255:65535", "[::]:0",
                 "[2001:db8::8:800:200c:417a]:443", "[::ffff:192.0.2.1]:1", "[fe80::1%lo]:65535",
                 "unix:relative", "unix:/with space:and:colons", "unix:@abstract");
    const address one = address::parse(text);
    CHECK(one.to_string() == text);
    CHECK(address::parse(one.to_string()) == one);
    CHECK(address::from(one.data(), one.size()) == one);
    std::ostringstream printed;
    printed << one;
    CHECK(printed.str() == text);
}

TEST_CASE("addresses are compared by what they name", "[net]") {
    CHECK_FALSE(address("127.0.0.1", 1) == address("127.0.0.1", 2));
    CHECK_FALSE(address("127.0.0.1", 1) == address("127.0.0.2", 1));
    CHECK_FALSE(address("::1", 1) == address("::2", 1));
    CHECK_FALSE(address("0.0.0.0", 1) == address("::", 1));
    CHECK_FALSE(address::unix_path("a") == address::unix_path("b"));
    CHECK_FALSE(address() == address("0.0.0.0", 0));
    CHECK(address() == address());
}

TEST_CASE("no address, and a Unix socket without a name, have no text of their own", "[net]") {
    CHECK(address().family() == AF_UNSPEC);
    CHECK(address().to_string().empty());
    const connected_pair pair = unix_pair();
    const address unnamed = pair.one.local_address();
    CHECK(unnamed.family() == AF_UNIX);
    CHECK(unnamed.host().empty());
    CHECK(unnamed.to_string() == "unix:");
}

TEST_CASE("only a Unix socket that is a file has a path", "[net]") {
    CHECK(address::unix_path("/run/x.sock").path() == "/run/x.sock");
    CHECK(address::unix_path("@name").path().empty());
    CHECK(address("127.0.0.1", 80).path().empty());
    CHECK(address().path().empty());
    CHECK(unix_pair().one.local_address().path().empty());
}

TEST_CASE("an abstract name with NULs in it is kept, and can be printed", "[net]") {
    sockaddr_un native{};
    native.sun_family = AF_UNIX;
    const auto named = [&](const std::string& name) {
        name.copy(native.sun_path, name.size());
        return address::from(reinterpret_cast<const sockaddr*>(&native),
                             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size()));
    };
    const address one = named("\0a\0b\0"s);
    CHECK(one.to_string() == "unix:@a@b@");
    CHECK(one.path().empty());
    CHECK(one.size() == offsetof(sockaddr_un, sun_path) + 5);
    CHECK_FALSE(one == named("\0a\0b"s));
    CHECK_FALSE(one == address::unix_path("@a@b@"));
    CHECK(named("\0name"s) == address::unix_path("@name"));
}

TEST_CASE("an empty host stands for every IPv4 address of this machine", "[net]") {
    CHECK(address("", 80) == address("0.0.0.0", 80));
    CHECK(address::parse(":80") == address("0.0.0.0", 80));
}

TEST_CASE("localhost is 127.0.0.1, whatever a look-up would say", "[net]") {
    CHECK(address::parse("localhost:80") == address("127.0.0.1", 80));
}

TEST_CASE("a literal is an address that takes no look-up", "[net]") {
    CHECK(address::literal("127.0.0.1", 80) == address("127.0.0.1", 80));
    CHECK(address::literal("fe80::1%lo", 80) == address("fe80::1%lo", 80));
    CHECK(address::literal("localhost", 80) == address("127.0.0.1", 80));
    CHECK(address::literal("", 80) == address("0.0.0.0", 80));
    CHECK_FALSE(address::literal("a-name", 80));
    check_refused([] { return address::literal("::g", 80).value(); }, "::g");
    check_refused([] { return address::literal("a-name", 65536).value(); }, "65536");
}

TEST_CASE("a name that takes a look-up is refused, and the sentence says what looks it up",
          "[net]") {
    scripted_resolver resolver;
    resolver.answer("known.test", {"192.0.2.1"});
    for (const std::string words :
         {"\"known.test\"", "connect(host, port)", "resolve(host, port)"}) {
        check_refused([] { return address("known.test", 80); }, words);
        check_refused([] { return address::parse("known.test:80"); }, words);
    }
    CHECK(resolver.look_ups() == 0);
}

TEST_CASE("a malformed text is refused and named", "[net]") {
    const std::string text = GENERATE(
        as<std::string>(), "", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:80 ",
        "127.0.0.1: 80", "127.0.0.1:+80", "127.0.0.1:0x50", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:99999999999999999999999", "::1:80", "[::1]", "[::1]80", "[::1:80", "::1]:80",
        "[]:80", "[127.0.0.1]:80", "[localhost]:80");
    check_refused([&] { return address::parse(text); }, '"' + text + '"');
}

TEST_CASE("a malformed host is refused and named", "[net]") {
    const std::string host =
        GENERATE(as<std::string>(), "::g", "1:2", "1::2::3", "::1%", "fe80::1%nosuchzone",
                 "fe80::1%0", "[::1]", "host name", "\thost", "10.0.0.0/8", "127.0.0.1:80");
    check_refused([&] { return address(host, 80); }, '"' + host + '"');
    check_refused([&] { return address("127.0.0.1\0.evil"s, 80); }, "127.0.0.1");
}

TEST_CASE("a port is 0 to 65535", "[net]") {
    CHECK(address("127.0.0.1", 0).port() == 0);
    CHECK(address("127.0.0.1", 65535).port() == 65535);
    check_refused([] { return address("127.0.0.1", -1); }, "-1");
    check_refused([] { return address("127.0.0.1", 65536); }, "65536");
}

TEST_CASE("the path of a Unix socket that the system would not take is refused", "[net]") {
    check_refused([] { return address::parse("unix:"); }, "empty");
    check_refused([] { return address::unix_path("@"); }, "empty");
    check_refused([] { return address::unix_path(std::string(108, 'p')); }, "107");
    check_refused([] { return address::unix_path("@" + std::string(107, 'p')); }, "107");
    check_refused([] { return address::unix_path("a\0b"s); }, "NUL");
}

TEST_CASE("text is an address where one is wanted", "[net]") {
    const auto named = [](const address& wanted) { return wanted.to_string(); };
    CHECK(named("127.0.0.1:9999") == "127.0.0.1:9999");
    CHECK(named(std::string("[::1]:80")) == "[::1]:80");
    CHECK(named("unix:/run/x.sock") == "unix:/run/x.sock");
    CHECK(address("localhost:80") == "127.0.0.1:80");
    check_refused([] { return address("127.0.0.1"); }, "the port is missing");
    check_refused([] { return address("example.org:80"); }, "has to be looked up");
}

TEST_CASE("an address gives its raw bytes, and is made from them", "[net]") {
    const auto bytes_of = [](const address& one) {
        const auto bytes = one.bytes();
        return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    const std::string v4("\x7f\0\0\1", 4);
    const std::string v6 = std::string("\xfe\x80", 2) + std::string(13, '\0') + '\1';
    CHECK(bytes_of(address("127.0.0.1", 80)) == v4);
    CHECK(bytes_of(address("fe80::1", 80)) == v6);
    CHECK(bytes_of(address()).empty());
    CHECK(bytes_of(address::unix_path("/run/x.sock")).empty());
    CHECK(address::from_bytes(v4, 80) == address("127.0.0.1", 80));
    CHECK(address::from_bytes(v4, 80).size() == sizeof(sockaddr_in));
    CHECK(address::from_bytes(v6, 80) == address("fe80::1", 80));
    CHECK(address::from_bytes(v6, 80).size() == sizeof(sockaddr_in6));
    check_refused([&] { return address::from_bytes(v4 + "x", 80); }, "4 or 16 bytes, not 5");
    check_refused([&] { return address::from_bytes(v4, 65'536); }, "0 to 65535");
}

}  // namespace tests::net_address
