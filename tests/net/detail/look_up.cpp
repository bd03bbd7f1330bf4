#include "net/detail/look_up.hpp"

#include "catch.hpp"
#include "forwarding_network.hpp"
#include "scripted_resolver.hpp"
#include "scripted_stand_in.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/net/resolve.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

namespace tests::net_look_up {

using ringlet::address;
using ringlet::detail::look_up;

TEST_CASE("a look-up gives the addresses of a family in their order, each once", "[net]") {
    scripted_resolver resolver;
    resolver.answer("two.test",
                    {"2001:db8::1", "192.0.2.2", "192.0.2.1", "192.0.2.2", "2001:db8::1"});
    std::error_code error = std::make_error_code(std::errc::io_error);
    CHECK(look_up("two.test", AF_INET, error) ==
          std::vector{address("192.0.2.2", 0), address("192.0.2.1", 0)});
    CHECK_FALSE(error);
    CHECK(look_up("two.test", AF_INET6, error) == std::vector{address("2001:db8::1", 0)});
    CHECK(resolver.last_hints().ai_socktype == SOCK_STREAM);
    CHECK(resolver.last_hints().ai_flags == 0);
}

TEST_CASE("a look-up that fails gives the resolver's error, or the system's", "[net]") {
    scripted_resolver resolver;
    resolver.fail("none.test", EAI_NONAME);
    resolver.fail("broken.test", EAI_SYSTEM, ENFILE);
    std::error_code error;
    CHECK(look_up("none.test", AF_INET, error).empty());
    CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
    CHECK(look_up("broken.test", AF_INET, error).empty());
    CHECK(error == std::errc::too_many_files_open_in_system);
    const std::string said = "cannot resolve the host name \"broken.test\": " + error.message();
    const auto text = [] { return ringlet::detail::unresolved("broken.test"); };
    CHECK_THROWS_WITH(ringlet::throws.report(error, text), said);
}

TEST_CASE("a look-up asks what stands in for the system", "[net]") {
    scripted_resolver resolver;
    resolver.answer("real.test", {"192.0.2.1"});
    scripted_stand_in simulation;
    const address v4("192.0.2.2", 0);
    const address v6("2001:db8::2", 0);
    for (const address& each : {v6, v4, v4})
        std::memcpy(&simulation.hosts["both.test"].emplace_back(), each.data(), each.size());
    std::error_code error = std::make_error_code(std::errc::io_error);
    CHECK(look_up("both.test", AF_INET, error) == std::vector{v4});
    CHECK_FALSE(error);
    CHECK(look_up("both.test", AF_INET6, error) == std::vector{v6});
    CHECK(look_up("real.test", AF_INET, error).empty());
    CHECK(error == std::error_code(EAI_NONAME, ringlet::resolver_category()));
    CHECK(resolver.look_ups() == 0);
}

TEST_CASE("outside the system the addresses of a host stay in their order", "[net]") {
    class elsewhere final : public forwarding_network {
        bool in_system() const noexcept override { return false; }
    } net;
    scripted_stand_in simulation;
    simulation.network = &net;
    for (const address& each : {address("2001:db8::1", 0), address("192.0.2.1", 0)})
        std::memcpy(&simulation.hosts["far.test"].emplace_back(), each.data(), each.size());
    const auto found = ringlet::block_on(ringlet::resolve("far.test", 80));
    CHECK(found == std::vector{address("2001:db8::1", 80), address("192.0.2.1", 80)});
}

}  // namespace tests::net_look_up
