#include "catch.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/net/stream_pair.hpp>
#include <ringlet/server/establish_step.hpp>

#include <memory>
#include <type_traits>
#include <vector>

namespace tests::server_establish_step {

using ringlet::address;
using ringlet::establish_step;
using ringlet::stream;
using ringlet::task;

namespace {

task<> do_nothing(stream& /*connection*/, address& /*client*/) {
    co_return;
}

struct named_step {
    static constexpr const char* name = "named";

    task<> operator()(stream& /*connection*/, address& client) const {
        client = address("192.0.2.1", 7);
        co_return;
    }
};

}  // namespace

TEST_CASE("a step is made of a function, a lambda or an object, and has a name", "[server]") {
    const auto kept = std::make_shared<int>(0);
    const std::vector<establish_step> steps{
        do_nothing,
        [kept](stream& /*connection*/, address& /*client*/) -> task<> {
            ++*kept;
            co_return;
        },
        named_step(),
        {"another", do_nothing},
    };
    CHECK(steps[0].name() == "a step");
    CHECK(steps[1].name() == "a step");
    CHECK(steps[2].name() == "named");
    CHECK(steps[3].name() == "another");
    address client;
    ringlet::block_on([&]() -> task<> {
        ringlet::stream_pair pair;
        for (const establish_step& step : steps)
            co_await step(pair.one, client);
    }());
    CHECK(*kept == 1);
    CHECK(client == address("192.0.2.1", 7));
}

TEST_CASE("a step is for connections, for datagrams, or for both", "[server]") {
    struct of_both {
        task<> operator()(stream& /*connection*/, address& /*client*/) const { co_return; }
        task<> operator()(ringlet::datagram_request& /*request*/, address& client) const {
            client = address("192.0.2.2", 2);
            co_return;
        }
    };
    const auto of_datagrams = [](ringlet::datagram_request& request, address& client) -> task<> {
        request.remove_prefix(1);
        client = address("192.0.2.1", 1);
        co_return;
    };
    const std::vector<establish_step> steps{do_nothing, of_datagrams, of_both()};
    CHECK(steps[0].takes_streams());
    CHECK_FALSE(steps[0].takes_datagrams());
    CHECK_FALSE(steps[1].takes_streams());
    CHECK(steps[1].takes_datagrams());
    CHECK(steps[2].takes_streams());
    CHECK(steps[2].takes_datagrams());

    address client;
    ringlet::loop owner;
    ringlet::datagram_request request(owner, -1, ringlet::datagram(std::string_view("ab"), client));
    ringlet::block_on(owner, steps[1](request, client));
    CHECK(client == address("192.0.2.1", 1));
    CHECK(request.packet().size() == 1);
    ringlet::block_on(owner, steps[2](request, client));
    CHECK(client == address("192.0.2.2", 2));
}

TEST_CASE("what cannot be called for a connection is no step", "[server]") {
    const auto takes_nothing = []() -> task<> { co_return; };
    const auto yields_nothing = [](stream& /*connection*/, address& /*client*/) {};
    STATIC_REQUIRE_FALSE(std::is_constructible_v<establish_step, decltype(takes_nothing)>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<establish_step, decltype(yields_nothing)>);
    STATIC_REQUIRE_FALSE(std::is_constructible_v<establish_step, int>);
}

}  // namespace tests::server_establish_step
