#include "catch.hpp"

#include <ringlet/daemon/proxy_header.hpp>

#include <stdexcept>
#include <string>

namespace tests::daemon_proxy_header {

using namespace std::string_literals;

namespace daemon = ringlet::daemon;
using daemon::proxy_header;
using daemon::proxy_tls;
using daemon::proxy_tlv;

TEST_CASE("a PROXY header finds its facts by their types, and sets each once", "[daemon]") {
    proxy_header header;
    CHECK_FALSE(header.alpn());
    CHECK_FALSE(header.has_addresses());
    header.set(proxy_tlv::alpn, "http/1.1");
    header.set(proxy_tlv::authority, "example.org");
    header.set(proxy_tlv::alpn, "h2");
    header.set(proxy_tlv::unique_id, "a\0b"s);
    CHECK(header.tlvs.size() == 3);
    CHECK(header.alpn() == "h2");
    CHECK(header.authority() == "example.org");
    CHECK(header.unique_id() == "a\0b"s);
    CHECK_FALSE(header.find(0xe0));

    header.source = "192.0.2.1:1024";
    CHECK(header.has_addresses());
}

TEST_CASE("a PROXY header reads its checksum, if that is one", "[daemon]") {
    proxy_header header;
    CHECK_FALSE(header.crc32c());
    header.set(proxy_tlv::crc32c, "\x01\x02\x03\xff");
    CHECK(header.crc32c() == 0x010203ffU);
    header.set(proxy_tlv::crc32c, "\x01\x02\x03");
    CHECK_FALSE(header.crc32c());
}

TEST_CASE("what a PROXY header says of TLS can be read again", "[daemon]") {
    proxy_header header;
    CHECK_FALSE(header.tls());
    const proxy_tls said{.certificate_shown = true,
                         .certificate_known = true,
                         .verified = true,
                         .version = "TLSv1.3",
                         .common_name = "alice",
                         .cipher = "TLS_AES_256_GCM_SHA384",
                         .signature_algorithm = "RSA-SHA256",
                         .key_algorithm = "RSA2048"};
    header.set_tls(said);
    CHECK(header.tls() == said);

    header.set_tls({.version = "TLSv1.2"});
    CHECK(header.tls() == proxy_tls{.version = "TLSv1.2"});
    CHECK_FALSE(header.tls()->verified);

    CHECK_THROWS_AS(header.set_tls({.common_name = std::string(65'536, 'x')}), std::length_error);
    CHECK_THROWS_AS(header.set_tls({.version = std::string(40'000, 'x'),
                                    .common_name = std::string(40'000, 'x')}),
                    std::length_error);
}

TEST_CASE("a client without a certificate is not verified, whatever the proxy says", "[daemon]") {
    proxy_header header;
    header.set(proxy_tlv::tls, "\x01\0\0\0\0"s);
    REQUIRE(header.tls());
    CHECK_FALSE(header.tls()->verified);
    header.set(proxy_tlv::tls, "\x03\0\0\0\0"s);
    CHECK(header.tls()->verified);
    header.set(proxy_tlv::tls, "\x03\0\0\0\x01"s);
    CHECK_FALSE(header.tls()->verified);
}

TEST_CASE("what says nothing of TLS in its own form is passed over", "[daemon]") {
    proxy_header header;
    header.set(proxy_tlv::tls, "\x01\0\0\0"s);
    CHECK_FALSE(header.tls());
    header.set(proxy_tlv::tls, "\x01\0\0\0\x01\x21\0\x09TLSv1.3"s);
    CHECK_FALSE(header.tls());
    header.set(proxy_tlv::tls, "\x01\0\0\0\x01\x21\0\x07TLSv1.3\x7f\0\x01x"s);
    REQUIRE(header.tls());
    CHECK(header.tls()->version == "TLSv1.3");
}

}  // namespace tests::daemon_proxy_header
