#include "catch.hpp"

#include <ringlet/daemon/proxy_errc.hpp>

#include <set>
#include <string>

namespace tests::daemon_proxy_errc {

using ringlet::daemon::proxy_errc;

TEST_CASE("each fault of a PROXY header has a sentence of its own", "[daemon]") {
    std::set<std::string> sentences;
    for (int code = 1; code <= static_cast<int>(proxy_errc::bad_checksum); ++code)
        sentences.insert(make_error_code(static_cast<proxy_errc>(code)).message());
    CHECK(sentences.size() == static_cast<std::size_t>(proxy_errc::bad_checksum));
    CHECK(sentences.count("unknown error 1") == 0);
    const std::error_code unknown(99, ringlet::daemon::proxy_category());
    CHECK(unknown.message() == "unknown error 99");
    CHECK(unknown.category().name() == std::string("proxy"));
}

TEST_CASE("who knows nothing of PROXY can tell its errors too", "[daemon]") {
    CHECK(make_error_code(proxy_errc::untrusted) == std::errc::permission_denied);
    CHECK(make_error_code(proxy_errc::cut_off) == std::errc::connection_reset);
    CHECK(make_error_code(proxy_errc::no_header) == std::errc::protocol_error);
    CHECK(make_error_code(proxy_errc::bad_checksum) == std::errc::protocol_error);
}

}  // namespace tests::daemon_proxy_errc
