#include "catch.hpp"

#include <ringlet/tls/version.hpp>

namespace tests::tls_version {

using ringlet::tls::to_string;
using ringlet::tls::version;

TEST_CASE("versions of TLS have the names that people know", "[tls]") {
    CHECK(to_string(version::tls1_2) == "TLS 1.2");
    CHECK(to_string(version::tls1_3) == "TLS 1.3");
    CHECK(version::tls1_2 < version::tls1_3);
}

}  // namespace tests::tls_version
