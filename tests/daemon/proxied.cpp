#include "catch.hpp"
#include "check_awaited.hpp"
#include "daemon/proxy_bytes.hpp"
#include "inverting_layer.hpp"
#include "receive.hpp"
#include "run_coroutine.hpp"

#include <ringlet/daemon/proxied.hpp>
#include <ringlet/daemon/proxy.hpp>
#include <ringlet/daemon/proxy_errc.hpp>
#include <ringlet/net/stream_pair.hpp>

#include <memory>
#include <string>
#include <utility>

namespace tests::daemon_proxied {

using ringlet::address;
using ringlet::stream;
using ringlet::task;
using ringlet::daemon::proxied;
using ringlet::daemon::proxy;

namespace {

const proxy step({.trusted = {"127.0.0.1"}});

}  // namespace

TEST_CASE("a stream that came by no proxy has no header", "[daemon]") {
    run_coroutine([]() -> task<> {
        const ringlet::stream_pair pair;
        CHECK(proxied(pair.one) == nullptr);
        co_return;
    });
    ringlet::loop owner;
    const ringlet::datagram_request request(owner, -1, {});
    CHECK(proxied(request) == nullptr);
}

TEST_CASE("a header is known to the stream on top of the one that had it, and inside it",
          "[daemon]") {
    run_coroutine([]() -> task<> {
        ringlet::stream_pair pair;
        address client("127.0.0.1", 1);
        co_await pair.other.send_all(v2_of_client(tlv_bytes(1, "h2")) + inverted(v1_of_client) +
                                     inverted("hello"));
        co_await step(pair.one, client);
        CHECK(client == address("192.0.2.1", 4660));

        ringlet::loop& owner = pair.one.owner();
        stream upper(owner, std::make_unique<inverting_layer>(std::move(pair.one)));
        REQUIRE(proxied(upper) != nullptr);
        CHECK(proxied(upper)->alpn() == "h2");

        // The last header counts, as where a proxy stands before a proxy.
        client = address("127.0.0.1", 1);
        co_await step(upper, client);
        CHECK(proxied(upper)->version == ringlet::daemon::proxy_version::v1);
        CHECK_AWAITED(co_await receive(upper, 5), "hello");
    });
}

}  // namespace tests::daemon_proxied
