// Servers of every kind whose process has run out of descriptors.

#include "catch.hpp"
#include "descriptor_hoard.hpp"
#include "descriptor_limit.hpp"
#include "every_server.hpp"
#include "in_time.hpp"
#include "milestone.hpp"

#include <ringlet/coro/block_on.hpp>
#include <ringlet/coro/sleep_for.hpp>

namespace tests::server_every_overload {

using namespace std::chrono_literals;

namespace {

milestone stuck("the server says that it is overloaded");
int overloads = 0;

template <class Server>
struct overloaded : Server {
    using Server::Server;
    void handle_overload(std::error_code error, std::chrono::milliseconds /*pause*/) override {
        overloads += error == std::errc::too_many_files_open ? 1 : 100;
        stuck.reach();
    }
};

/// Answers after a while each time.
struct slow_echo {
    ringlet::task<> operator()(ringlet::stream& client) const {
        for (std::array<char, 1> any; co_await client.recv(any) > 0;) {
            co_await ringlet::sleep_for(200ms);
            co_await client.send_all(any);
        }
    }
    ringlet::task<> operator()(ringlet::datagram_request& client) const {
        return echo_back(client);
    }
};

/// Those that take requests in this process: another has descriptors of its own.
std::vector<server_kind> tested_kinds() {
    std::vector<server_kind> found = every_kind_of_stream();
    std::erase_if(found,
                  [](const server_kind& one) { return one.in == ringlet::concurrency::forks; });
    return found;
}

}  // namespace

TEST_CASE("any kind of server without descriptors serves those it has, idles, and recovers",
          "[server]") {
    const server_kind kind = GENERATE(from_range(tested_kinds()));
    CAPTURE(kind);
    overloads = 0;
    // Low, so that it is soon exhausted; and set before the server begins to accept, since an
    // accept goes by the limit there was when it was prepared.
    const descriptor_limit limit{256};
    ringlet::server_options options;
    options.listening.overload_pause_max = 40ms;
    const any_server<overloaded> server(kind, slow_echo(), options);
    auto serving = std::async(std::launch::async, [&] {
        ringlet::loop own;
        ringlet::block_on(own, server->serve());
        return own.statistics().turns;
    });
    asking_client old = server.client();
    CHECK(old.socket().exchange("x") == "x");
    blocking_client next(server->server_address().family());
    {
        const descriptor_hoard all;
        next.connect(server->server_address());
        next.send("y");
        stuck.await();
        CHECK(old.socket().exchange("z") == "z");
        CHECK(next.nothing_to_receive());
    }
    CHECK(next.receive(1) == "y");
    server->shutdown(0s);
    constexpr std::uint64_t turns_max = 100;  // one that tries again each millisecond has 400
    CHECK(get_in_time(serving) < turns_max);
    CHECK(overloads == 1);
    CHECK(server->counters().failed.total() == server->counters().failed.cancelled);
}

}  // namespace tests::server_every_overload
