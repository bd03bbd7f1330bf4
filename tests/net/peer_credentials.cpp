#include "blocking_client.hpp"
#include "catch.hpp"
#include "connected_pair.hpp"
#include "forked_child.hpp"
#include "other_user.hpp"
#include "receive.hpp"
#include "run_without_leak.hpp"
#include "stream_pair.hpp"

#include <ringlet/net/listener.hpp>
#include <ringlet/net/peer_credentials.hpp>
#include <ringlet/net/stream.hpp>

#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace tests::net_peer_credentials {

using ringlet::address;
using ringlet::listener;
using ringlet::loop;
using ringlet::peer_credentials;
using ringlet::stream;
using ringlet::task;

static_assert(std::is_trivially_copyable_v<peer_credentials>);

TEST_CASE("a Unix stream knows the process at the other end, and its user", "[net]") {
    const address local =
        address::unix_path("@ringlet-tests-" + std::to_string(::getpid()) + "-credentials");
    const bool other_user = ::getuid() == 0 && GENERATE(true, false);
    run_without_leak([=](loop& owner) -> task<> {
        listener source(owner, local);
        forked_child child([&] {
            if (other_user && !become_nobody())
                return 1;
            blocking_client client(local);
            const pid_t own = ::getpid();
            client.send({reinterpret_cast<const char*>(&own), sizeof(own)});
            return client.receive_all().empty() ? 0 : 1;
        });
        {
            stream accepted = co_await source.accept();
            const std::string sent = co_await receive(accepted, sizeof(pid_t));
            pid_t child_id = 0;
            REQUIRE(sent.size() == sizeof(child_id));
            std::memcpy(&child_id, sent.data(), sizeof(child_id));
            const peer_credentials peer = accepted.peer_credentials();
            CHECK(peer.pid == child_id);
            CHECK(peer.uid == (other_user ? nobody_id : ::getuid()));
            CHECK(peer.gid == (other_user ? nobody_id : ::getgid()));
        }
        CHECK(child.wait().exited_with(0));
        co_await source.close();
    });
}

TEST_CASE("the credentials stay known when the peer has gone", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        stream_pair pair = make_streams(owner, stream_transport::unix_socket);
        co_await pair.other.close();
        CHECK(pair.one.peer_credentials().pid == ::getpid());
    });
}

TEST_CASE("only a Unix stream has a peer with credentials", "[net]") {
    run_without_leak([](loop& owner) -> task<> {
        const stream_pair pair = make_streams(owner, stream_transport::tcp);
        try {
            static_cast<void>(pair.one.peer_credentials());
            FAIL("TCP has them");
        } catch (const std::system_error& error) {
            CHECK(error.code() == std::errc::operation_not_supported);
            CHECK(std::string_view(error.what()).starts_with("peer_credentials: "));
        }
        co_return;
    });
}

TEST_CASE("a stream that is closed has no credentials", "[net]") {
    loop owner;
    const stream closed(owner, ringlet::socket());
    CHECK_THROWS_AS(closed.peer_credentials(), std::system_error);
}

}  // namespace tests::net_peer_credentials
