#include "net/detail/look_up.hpp"

#include "catch.hpp"
#include "scripted_resolver.hpp"

#include <ringlet/net/resolve.hpp>

#include <cerrno>
#include <string>
#include <vector>

namespace tests::net_look_up {

using ringlet::address;
using ringlet::detail::look_up;

TEST_CASE("a look-up gives all addresses in their order, with the port", "[net]") {
    scripted_resolver resolver;
    resolver.answer("two.test", {"2001:db8::1", "192.0.2.1"});
    std::error_code error = std::make_error_code(std::errc::io_error);
    const std::vector<address> found = look_up("two.test", 443, AF_UNSPEC, AI_ADDRCONFIG, error);
    CHECK_FALSE(error);
    CHECK(found == std::vector{address("2001:db8::1", 443), address("192.0.2.1", 443)});
    CHECK((resolver.last_hints().ai_flags & AI_ADDRCONFIG) != 0);
    CHECK(look_up("two.test", 80, AF_UNSPEC, 0, error).front() == address("2001:db8::1", 80));
    CHECK((resolver.last_hints().ai_flags & AI_ADDRCONFIG) == 0);
}

TEST_CASE("a look-up that fails gives the resolver's error, or the system's", "[net]") {
    scripted_resolver resolver;
    resolver.fail("none.test", EAI_NONAME);
    resolver.fail("broken.test", EAI_SYSTEM, ENFILE);
    std::error_code error;
    CHECK(look_up("none.test", 80, AF_UNSPEC, 0, error).empty());
    CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
    CHECK(look_up("broken.test", 80, AF_UNSPEC, 0, error).empty());
    CHECK(error == std::errc::too_many_files_open_in_system);
    const std::string said = "cannot resolve the host name \"broken.test\": " + error.message();
    CHECK_THROWS_WITH(ringlet::detail::throw_unresolved("broken.test", error), said);
}

}  // namespace tests::net_look_up
