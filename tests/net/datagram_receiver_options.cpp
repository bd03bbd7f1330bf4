#include "catch.hpp"

#include <ringlet/loop/loop.hpp>
#include <ringlet/net/datagram_receiver.hpp>
#include <ringlet/net/datagram_socket.hpp>

#include <stdexcept>
#include <string>
#include <type_traits>

namespace tests::net_datagram_receiver_options {

using ringlet::datagram_receiver_options;

// So that one may be made in a co_await expression: see coro/temporaries.cpp.
static_assert(std::is_trivially_destructible_v<datagram_receiver_options>);

TEST_CASE("datagram receiver options that make no sense are refused by name", "[net]") {
    ringlet::loop owner;
    const auto refusal = [&](const datagram_receiver_options& options) -> std::string {
        try {
            const ringlet::datagram_receiver nonsense(owner, -1, options);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "nothing was thrown";
    };
    const auto refused = [&](const datagram_receiver_options& options, const char* name) {
        CAPTURE(refusal(options));
        CHECK(refusal(options).find(std::string("datagram_receiver_options: ") + name) == 0);
    };
    refused({.packet_size_max = 0}, "packet_size_max");
    refused({.packet_size_max = (std::size_t{1} << 30U) + 1}, "packet_size_max");
    refused({.packets_max = 0}, "packets_max");
    refused({.packets_max = (std::size_t{1} << 20U) + 1}, "packets_max");
    refused({.batch_max = 0}, "batch_max");
    CHECK(refusal({}) == "nothing was thrown");
    CHECK(refusal({.packet_size_max = 1, .packets_max = 1, .batch_max = 1}) ==
          "nothing was thrown");
}

TEST_CASE("a datagram receiver refuses a socket that would give it many as one", "[net]") {
    ringlet::loop owner;
    const auto make = [&](bool bursts) {
        ringlet::datagram_socket from(owner, {"127.0.0.1", 0}, {.receive_bursts = bursts});
        const ringlet::datagram_receiver made(owner, from.socket());
    };
    CHECK_NOTHROW(make(false));
    CHECK_THROWS_AS(make(true), std::invalid_argument);
}

}  // namespace tests::net_datagram_receiver_options
