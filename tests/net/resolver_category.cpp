#include "catch.hpp"

#include <ringlet/net/resolve.hpp>

#include <netdb.h>

#include <string>

namespace tests::net_resolver_category {

TEST_CASE("the resolver's errors speak as getaddrinfo does, and are nobody else's", "[net]") {
    const std::error_code unknown(EAI_NONAME, ringlet::resolver_category());
    CHECK(unknown.message() == ::gai_strerror(EAI_NONAME));
    CHECK(std::string(unknown.category().name()) == "resolver");
    CHECK(unknown == std::error_code(EAI_NONAME, ringlet::resolver_category()));
    CHECK(unknown != std::error_code(EAI_NONAME, std::system_category()));
}

}  // namespace tests::net_resolver_category
