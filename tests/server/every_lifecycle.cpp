// From their beginning to their end, servers of every kind are the same.

#include "catch.hpp"
#include "every_server.hpp"
#include "leftovers.hpp"
#include "serving_thread.hpp"

#include <thread>

namespace tests::server_every_lifecycle {

using namespace std::chrono_literals;

namespace {

server_kind each_kind() {
    return GENERATE(from_range(every_kind()));
}

/// Small rings: the kernel frees one some time after its end, and counts it for its user until
/// then.
ringlet::server_options with_small_rings() {
    ringlet::server_options options;
    options.loop.ring.submission_entries = 8;
    options.loop.ring.completion_entries = 16;
    return options;
}

int timeouts = 0;

template <class Server>
struct counts_timeouts : Server {
    using Server::Server;
    void handle_timeout() override { ++timeouts; }
};

}  // namespace

TEST_CASE("a server of every kind echoes three times, and leaves nothing behind", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_back);
        serving_thread serving(*server);
        for (int i = 0; i < 3; ++i)
            CHECK(server.ask("hello world\n") == "hello world\n");
        server->shutdown();
        serving.join();
        server->server_close();
        CHECK(server->fileno() == -1);
        CHECK_FALSE(has_children());
    }
    nothing.check();
}

TEST_CASE("the end of a server of any kind frees its address", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const free_place place(kind.over);
    const leftovers nothing;
    ringlet::address freed = place.address();
    for (int i = 0; i < 2; ++i) {
        const auto server = make_server(kind, freed, echo_back);
        freed = server->server_address();
        const serving_thread serving(*server);
        CHECK(asking_client(kind.over, freed).ask("x") == "x");
    }
    nothing.check();
}

TEST_CASE("a server of any kind can be closed at once", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_back);
        server->server_close();
        CHECK(server->fileno() == -1);
        CHECK_THROWS_AS(server->serve_forever(), std::logic_error);
    }
    { const any_server unused(kind, echo_back); }
    nothing.check();
}

TEST_CASE("a server of any kind that was shut down serves again", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_back);
        for (int i = 0; i < 3; ++i) {
            serving_thread serving(*server);
            CHECK(server.ask("hello") == "hello");
            server->shutdown();
            serving.join();
        }
        CHECK(server->counters().finished == 3);
    }
    nothing.check();
}

TEST_CASE("a shutdown of any kind of server that races its start is not lost", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_back, with_small_rings());
        for (int i = 0; i < 20; ++i) {
            serving_thread serving(*server);
            server->shutdown();
            serving.join();
        }
    }
    nothing.check();
}

TEST_CASE("shutting down any kind of server that never served returns", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const any_server server(kind, echo_back);
    in_time([&] { server->shutdown(); });
    in_time([&] { server->serve_forever(); });  // which it ends
    const serving_thread serving(*server);
    CHECK(server.ask("x") == "x");
}

TEST_CASE("a handler of any kind of server may shut it down, and is heard to its end", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const any_server server(kind, [](auto& client, ringlet::server& owner) -> ringlet::task<> {
        owner.shutdown();
        const std::string heard = co_await hear(client);
        co_await say(client, heard);
    });
    serving_thread serving(*server);
    CHECK(server.ask("good night") == "good night");
    serving.join();
    CHECK(server->counters().finished == 1);
    CHECK(server->counters().failed.total() == 0);
    CHECK_FALSE(has_children());
}

TEST_CASE("handle_request of any kind of server handles one request", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    const leftovers nothing;
    {
        const any_server server(kind, echo_back);
        asking_client first = server.client();
        asking_client second = server.client();
        first.say("first");
        second.say("second");
        in_time([&] { server->handle_request(); });
        CHECK(first.hear() == "first");
        CHECK(second.socket().nothing_to_receive());
        CHECK_FALSE(has_children());
        in_time([&] { server->handle_request(); });
        CHECK(second.hear() == "second");
        CHECK(server->counters().finished == 2);
    }
    nothing.check();
}

TEST_CASE("handle_request of any kind of server says that nobody came in time", "[server]") {
    const server_kind kind = each_kind();
    CAPTURE(kind);
    ringlet::server_options options;
    options.handle_request_timeout = 5ms;
    const leftovers nothing;
    {
        const any_server<counts_timeouts> server(kind, echo_back, options);
        const int before = timeouts;
        in_time([&] { server->handle_request(); });
        CHECK(timeouts == before + 1);
        asking_client client = server.client();
        client.say("in time");
        in_time([&] { server->handle_request(); });
        CHECK(timeouts == before + 1);
        CHECK(client.hear() == "in time");
    }
    nothing.check();
}

}  // namespace tests::server_every_lifecycle
